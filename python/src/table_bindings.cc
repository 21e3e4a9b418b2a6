// The Python side of a Table: Arrow capsules for data frames, buffers for numpy, dicts for everyone.
#include "table_bindings.h"

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow_abi.h"
#include "bindings.h"
#include "convert.h"
#include "made_here.h"
#include "table.h"
#include "text/utf8.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

using Row = py::typing::Dict<py::str, py::object>;

/// Values of a column as the buffer protocol gives them; keeps the table alive.
struct Buffer {
  std::shared_ptr<const void> owner;
  const void* values = nullptr;
  py::ssize_t item_size = 1;
  const char* format = "B";
  std::size_t size = 0;
};

struct ItemFormat {
  py::ssize_t item_size;
  const char* format;
};

ItemFormat ItemFormatOf(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return {1, "?"};
    case ColumnType::kInt32:
    case ColumnType::kDate:
      return {4, "i"};
    case ColumnType::kInt64:
    case ColumnType::kTime:
    case ColumnType::kDuration:
      return {8, "q"};
    case ColumnType::kUint64:
      return {8, "Q"};
    case ColumnType::kWord:
      return {1, "b"};
    case ColumnType::kText:
    case ColumnType::kBytes:
      break;
  }
  throw py::type_error("a column of texts has no values of one size; take it with column() or to_dicts()");
}

const Column& ColumnOrRaise(const Table& table, const std::string& name) {
  const Column* column = table.Find(name);
  if (column != nullptr) return *column;
  std::string names;
  for (const Column& each : table.columns()) names += (names.empty() ? "" : ", ") + each.name;
  throw py::key_error("there is no column '" + EscapeForDisplay(name) + "', only " + names);
}

py::memoryview View(Buffer buffer) { return py::memoryview(py::cast(std::move(buffer))); }

py::memoryview Bytes(std::vector<std::uint8_t> bytes) {
  const auto owned = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  return View({.owner = owned, .values = owned->data(), .format = "?", .size = owned->size()});
}

py::memoryview ValuesOf(const std::shared_ptr<const Table>& table, const std::string& name) {
  const Column& column = ColumnOrRaise(*table, name);
  const ItemFormat item = ItemFormatOf(column.type);
  if (column.type == ColumnType::kBool) {
    std::vector<std::uint8_t> bytes(table->size());
    for (std::size_t row = 0; row < bytes.size(); ++row) bytes[row] = column.Bit(row) ? 1 : 0;
    return Bytes(std::move(bytes));
  }
  return View({.owner = table,
               .values = column.values,
               .item_size = item.item_size,
               .format = item.format,
               .size = table->size()});
}

py::typing::Optional<py::memoryview> NullsOf(const std::shared_ptr<const Table>& table,
                                             const std::string& name) {
  const Column& column = ColumnOrRaise(*table, name);
  if (column.num_nulls() == 0) return py::none();
  std::vector<std::uint8_t> bytes(table->size());
  for (std::size_t row = 0; row < bytes.size(); ++row) bytes[row] = column.IsNull(row) ? 1 : 0;
  return Bytes(std::move(bytes));
}

py::object ValueAt(const Column& column, std::size_t row) {
  if (column.IsNull(row)) return py::none();
  switch (column.type) {
    case ColumnType::kBool:
      return py::bool_(column.Bit(row));
    case ColumnType::kInt32:
      return py::int_(column.Value<std::int32_t>(row));
    case ColumnType::kInt64:
      return py::int_(column.Value<std::int64_t>(row));
    case ColumnType::kUint64:
      return py::int_(column.Value<std::uint64_t>(row));
    case ColumnType::kTime:
      return ToDatetime(column.Value<UtcTime>(row));
    case ColumnType::kDuration:
      return ToTimedelta(column.Value<std::chrono::nanoseconds>(row));
    case ColumnType::kDate:
      return py::cast(Night(std::chrono::sys_days(std::chrono::days(column.Value<std::int32_t>(row)))));
    case ColumnType::kText:
      return py::str(column.Text(row));
    case ColumnType::kBytes:
      return py::bytes(column.Text(row));
    case ColumnType::kWord:
      return py::str(column.words[column.Value<std::uint8_t>(row)]);
  }
  return py::none();
}

Row RowAt(const Table& table, std::size_t row) {
  py::dict values;
  for (const Column& column : table.columns()) values[py::str(column.name)] = ValueAt(column, row);
  return values;
}

py::typing::List<Row> RowsOf(const Table& table, std::size_t begin, std::size_t end) {
  py::list rows;
  for (std::size_t row = begin; row < end; ++row) rows.append(RowAt(table, row));
  return rows;
}

py::typing::List<Row> Slice(const Table& table, const py::slice& slice) {
  std::size_t start = 0;
  std::size_t stop = 0;
  std::size_t step = 0;
  std::size_t length = 0;
  if (!slice.compute(table.size(), &start, &stop, &step, &length)) throw py::error_already_set();
  py::list rows;
  for (std::size_t i = 0; i < length; ++i, start += step) rows.append(RowAt(table, start));
  return rows;
}

Row Item(const Table& table, const AnyIndex& index) {
  const auto size = static_cast<Py_ssize_t>(table.size());
  Py_ssize_t row = PyNumber_AsSsize_t(index.ptr(), PyExc_IndexError);
  if (row == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (row < 0) row += size;
  if (row < 0 || row >= size) {
    throw py::index_error("the table has " + std::to_string(size) + " rows");
  }
  return RowAt(table, static_cast<std::size_t>(row));
}

py::typing::List<py::object> ListOf(const Table& table, const std::string& name) {
  const Column& column = ColumnOrRaise(table, name);
  py::list values(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) values[row] = ValueAt(column, row);
  return values;
}

StrList WordsOf(const Table& table, const std::string& name) {
  py::list words;
  for (const std::string_view word : ColumnOrRaise(table, name).words) words.append(py::str(word));
  return words;
}

py::typing::Dict<py::str, py::str> SchemaOf(const Table& table) {
  py::dict types;
  for (const Column& column : table.columns()) {
    types[py::str(column.name)] = py::str(std::string(TypeName(column.type)));
  }
  return types;
}

// --- Arrow capsules
// --------------------------------------------------------------------------------------------

/// Releases what no consumer has taken.
template <typename Struct>
void DestroyCapsule(PyObject* capsule) {
  auto* content = static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  if (content == nullptr) return;
  if (content->release != nullptr) content->release(content);
  delete content;
}

template <typename Struct>
py::object MakeCapsule(std::unique_ptr<Struct> content, const char* name) {
  PyObject* capsule = PyCapsule_New(content.get(), name, DestroyCapsule<Struct>);
  if (capsule == nullptr) {
    content->release(content.get());
    throw py::error_already_set();
  }
  (void)content.release();
  return py::reinterpret_steal<py::object>(capsule);
}

py::object SchemaCapsule(const Table& table) {
  auto schema = std::make_unique<ArrowSchema>();
  ExportSchema(table, schema.get());
  return MakeCapsule(std::move(schema), "arrow_schema");
}

py::object StreamCapsule(const std::shared_ptr<const Table>& table) {
  auto stream = std::make_unique<ArrowArrayStream>();
  ExportStream(table, stream.get());
  return MakeCapsule(std::move(stream), "arrow_array_stream");
}

constexpr const char* kTableDoc = R"(Rows with named columns, in memory that obsmon owns.

Any data frame takes it as it is, without a copy of its rows:

    polars.DataFrame(t)                     pyarrow.table(t)
    duckdb.sql("from t")                    pandas.DataFrame.from_arrow(t)         # pandas 3 with pyarrow
    t.to_pandas()                           # any pandas with pyarrow

Without any of them: len(table), iteration (a dict a row), table[0], table[2:5], to_dicts().

Times are UTC. A column `x` of names comes with `x_bytes`: where a name is not UTF-8, `x` has \xNN for each byte that
does not belong, and `x_bytes` the name's own bytes; elsewhere `x_bytes` is null. Tables never change.)";

}  // namespace

void BindTable(py::module_& module) {
  py::class_<Buffer>(module, "_Buffer", MadeHere(), py::buffer_protocol(), "Values of a column.")
      .def_buffer([](const Buffer& buffer) {
        const auto size = static_cast<py::ssize_t>(buffer.size);
        // The protocol's pointer is not const, but its last argument is.
        return py::buffer_info(const_cast<void*>(buffer.values), buffer.item_size, buffer.format, 1, {size},
                               {buffer.item_size}, true);
      });

  using Shared = const std::shared_ptr<const Table>&;
  py::class_<Table, std::shared_ptr<Table>>(module, "Table", MadeHere(), kTableDoc)
      .def("__len__", &Table::size)
      .def("__getitem__", &Slice, py::arg("rows"), "Some rows: a list of dict.")
      .def("__getitem__", &Item, py::arg("row"), "A row: a dict of values by the names of their columns.")
      .def(
          "__iter__",
          [](const py::object& table) -> py::typing::Iterator<Row> {
            return py::module_::import("obsmon._tables").attr("rows")(table);
          },
          "Its rows, each a dict, made one by one.")
      .def_property_readonly("schema", &SchemaOf,
                             "The type of each column by its name, in order: a dict of str.")
      .def_property_readonly(
          "column_names", [](const Table& table) -> StrList { return py::list(SchemaOf(table)); },
          "A list of str.")
      .def_property_readonly(
          "shape", [](const Table& table) { return py::make_tuple(table.size(), table.columns().size()); },
          "(rows, columns)")
      .def(
          "buffer",
          [](const std::shared_ptr<Table>& table, const std::string& name) { return ValuesOf(table, name); },
          py::arg("name"),
          "The values of a column of one size as a read-only memoryview, without a copy (but of bool).\n\n"
          "Times are int64 nanoseconds since 1970 in UTC, dates int32 days since 1970, words int8 numbers "
          "of\n"
          "`words(name)`. What stands where `nulls(name)` is true means nothing.\n\n"
          "Raises KeyError for a name that is no column's, TypeError for a column of texts.")
      .def(
          "nulls",
          [](const std::shared_ptr<Table>& table, const std::string& name) { return NullsOf(table, name); },
          py::arg("name"), "Where a column is null, as a memoryview of bool; None where it is nowhere.")
      .def("words", &WordsOf, py::arg("name"), "The words that a column of words numbers, from 0 on.")
      .def("to_list", &ListOf, py::arg("name"), "A column's values as Python objects; None for null.")
      .def(
          "column",
          [](const py::object& table, const std::string& name) {
            return py::module_::import("obsmon._tables").attr("column")(table, name);
          },
          py::arg("name"),
          "A column as a numpy array of shape (rows,), read-only. Needs numpy.\n\n"
          "Times are datetime64[ns] in UTC with NaT for null, dates datetime64[D]; numbers are shared with "
          "the\n"
          "table, not copied, and masked (numpy.ma) if there are nulls; texts and words are objects, None "
          "for null.")
      .def(
          "to_dicts", [](const Table& table) { return RowsOf(table, 0, table.size()); },
          "All rows: a list of dict. Needs no other package.")
      .def(
          "to_pandas",
          [](const py::object& table) {
            return py::module_::import("obsmon._tables").attr("to_pandas")(table);
          },
          "A pandas.DataFrame. Times are datetime64[ns, UTC], words categorical. Needs pandas and pyarrow.")
      .def(
          "to_polars",
          [](const py::object& table) {
            return py::module_::import("obsmon._tables").attr("to_polars")(table);
          },
          "A polars.DataFrame. Needs polars.")
      .def("__arrow_c_schema__", &SchemaCapsule, "The table's types, by the Arrow PyCapsule interface.")
      .def(
          "__arrow_c_stream__",
          [](Shared table, const py::object& /*requested_schema*/) { return StreamCapsule(table); },
          py::arg("requested_schema") = py::none(),
          "The table's rows in one batch, by the Arrow PyCapsule interface; a new stream at each call.\n"
          "`requested_schema` is not heeded, as the interface allows.")
      .def("__repr__",
           [](const py::object& table) -> py::str {
             return py::module_::import("obsmon._display").attr("table_text")(table);
           })
      .def("_repr_html_", [](const py::object& table) -> py::str {
        return py::module_::import("obsmon._display").attr("table_html")(table);
      });
}

}  // namespace obsmon::python
