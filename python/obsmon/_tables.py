"""What a Table gives with the help of packages that need not be there."""
from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from ._obsmon import Table


def _need(package: str, what: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"{what} needs the package {package}: pip install {package}") from error


def rows(table: Table) -> Iterator[dict[str, Any]]:
    for row in range(len(table)):
        yield table[row]


def column(table: Table, name: str) -> Any:
    kind = table.schema.get(name)
    if kind in ("large_utf8", "large_binary"):
        numpy = _need("numpy", "column()")
        return _read_only(numpy.array(table.to_list(name), dtype=object))
    values, nulls = table.buffer(name), table.nulls(name)
    numpy = _need("numpy", "column()")
    array = numpy.asarray(values)
    if kind == "timestamp[ns, UTC]":
        return _read_only(_with(numpy, array.view("datetime64[ns]"), nulls, numpy.datetime64("NaT", "ns")))
    if kind == "duration[ns]":
        return _read_only(_with(numpy, array.view("timedelta64[ns]"), nulls, numpy.timedelta64("NaT", "ns")))
    if kind == "date32":
        return _read_only(_with(numpy, array.astype("datetime64[D]"), nulls, numpy.datetime64("NaT", "D")))
    if kind == "dictionary<int8, utf8>":
        words = numpy.array([*table.words(name), None], dtype=object)
        return _read_only(words[_with(numpy, array, nulls, -1)])
    if nulls is None:
        return array
    return numpy.ma.masked_array(array, mask=numpy.asarray(nulls), copy=False)


def _with(numpy: Any, array: Any, nulls: memoryview | None, null: Any) -> Any:
    return array if nulls is None else numpy.where(numpy.asarray(nulls), null, array)


def _read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


def to_pandas(table: Table) -> Any:
    pandas = _need("pandas", "to_pandas()")
    arrow = _need("pyarrow", "to_pandas()")
    rows = arrow.table(table)
    # Whole numbers of which some are absent stay what they are: as floats, inodes would lose their last digits.
    types = {arrow.uint64(): pandas.UInt64Dtype(), arrow.int64(): pandas.Int64Dtype(), arrow.int32(): pandas.Int32Dtype()}
    absent = {column.type for column in rows.columns if column.null_count}
    # Dates as datetime64: as objects they would be one of Python's a row.
    return rows.to_pandas(date_as_object=False, types_mapper={kind: types[kind] for kind in absent & types.keys()}.get)


def to_polars(table: Table) -> Any:
    return _need("polars", "to_polars()").DataFrame(table)
