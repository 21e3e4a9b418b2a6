"""How reports and tables show themselves: in a notebook as HTML, elsewhere as text.

What is shown is small, whatever the night, and nothing that comes from a file's name acts: it is escaped.
"""
from __future__ import annotations

import datetime
import html
from typing import Any

from ._obsmon import NightReport, Table

_MOST_ROWS = 10
_MOST_LINES = 40
_MOST_CHARACTERS = 100

# Colours are the notebook's own, so that a dark one stays dark. The two that mean something are readable on both.
_STYLE = """<style>
.obsmon{font-size:90%}
.obsmon table{border-collapse:collapse;margin:.5em 0}
.obsmon th,.obsmon td{padding:.15em .6em;text-align:left;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.35)}
.obsmon .number{text-align:right;font-variant-numeric:tabular-nums}
.obsmon .quiet{opacity:.7}
.obsmon .bad{color:#b3261e;font-weight:600}
.obsmon .good{color:#1b6e3c;font-weight:600}
@media (prefers-color-scheme:dark){.obsmon .bad{color:#ff8a80}.obsmon .good{color:#7ddc9b}}
[data-jp-theme-light="false"] .obsmon .bad{color:#ff8a80}[data-jp-theme-light="false"] .obsmon .good{color:#7ddc9b}
[data-jp-theme-light="true"] .obsmon .bad{color:#b3261e}[data-jp-theme-light="true"] .obsmon .good{color:#1b6e3c}
</style>"""

# What a reader of a few rows can do without.
_LEFT_OUT = ("path_bytes", "ingest_path_bytes", "link_target_bytes", "device", "inode")


def report_text(report: NightReport) -> str:
    lines = report.to_text().rstrip("\n").split("\n")
    left = len(lines) - _MOST_LINES
    if left > 1:
        lines[_MOST_LINES:] = [f"... and {left} more lines; print(report.to_text()) shows all"]
    return "\n".join(lines)


def table_text(table: Table) -> str:
    names, rows = _head(table)
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]
    return "\n".join([_shape(table), *lines])


def report_html(report: NightReport) -> str:
    state = {"complete": "good", "needs_attention": "bad", "unknown": "bad"}.get(report.state, "")
    title = " ".join(filter(None, [report.stream, "night of", str(report.night)]))
    parts = [
        _STYLE,
        f"<div class='obsmon'><b>{_escape(title)}</b>, ",
        f"<span class='quiet'>as found at {_escape(_cell(report.as_of))}</span><br>",
        f"<span class='{state}'>{_escape(report.summary)}</span>",
        _counts(report),
    ]
    attention = report.needs_attention
    if len(attention):
        head = [{"verdict": row["verdict"], "path": row["path"], "reason": row["reason"]} for row in attention[:_MOST_ROWS]]
        parts.append(_rows(["verdict", "path", "reason"], head))
        parts.append(_more(len(attention) - len(head), "report.needs_attention"))
    if report.registry_trouble is not None:
        parts.append(f"<p class='bad'>{_escape(report.registry_trouble)}</p>")
    if report.issues:
        head = [{"not readable": issue.path, "why": issue.trouble} for issue in report.issues[:_MOST_ROWS]]
        parts.append(_rows(["not readable", "why"], head))
        parts.append(_more(len(report.issues) - len(head), "report.issues"))
    return "".join([*parts, "</div>"])


def table_html(table: Table) -> str:
    names, rows = _head(table)
    return f"{_STYLE}<div class='obsmon'><span class='quiet'>{_escape(_shape(table))}</span>{_rows(names, rows)}</div>"


def _head(table: Table) -> tuple[list[str], list[dict[str, Any]]]:
    return [name for name in table.column_names if name not in _LEFT_OUT], table[:_MOST_ROWS]


def _shape(table: Table) -> str:
    rows, columns = table.shape
    first = f", the first {_MOST_ROWS}" if rows > _MOST_ROWS else ""
    return f"Table of {rows} rows, {columns} columns{first}:"


def _counts(report: NightReport) -> str:
    counts = report.counts
    rows = [{"verdict": verdict, "files": files} for verdict, files in counts.by_verdict.items() if files]
    latest = [
        ("latest creation", counts.last_creation),
        ("latest arrival", counts.last_arrival),
        ("latest ingest", counts.last_ingest),
        ("creation to ingest: half within", report.latency.creation_to_ingest.p50),
        ("95 % within", report.latency.creation_to_ingest.p95),
    ]
    facts = "<br>".join(f"{_escape(name)} {_escape(_cell(value))}" for name, value in latest if value is not None)
    return _rows(["verdict", "files"], [*rows, {"verdict": "all", "files": counts.files}]) + f"<div>{facts}</div>"


def _rows(names: list[str], rows: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{_escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(_html_cell(row[name]) for name in names) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_cell(value: Any) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return f"<td{' class=number' if is_number else ''}>{_escape(_cell(value))}</td>"


def _more(number: int, where: str) -> str:
    return f"<span class='quiet'>and {number} more: {where}</span>" if number > 0 else ""


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _shown(str(value))


def _shown(text: str) -> str:
    """The text on one line, not too long; control characters and those that turn the writing escaped."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= _MOST_CHARACTERS else shown[: _MOST_CHARACTERS - 1] + "…"


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
