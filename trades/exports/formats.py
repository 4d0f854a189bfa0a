"""Rows as bytes: CSV (RFC 4180, UTF-8, comma) or JSON Lines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dashboard.spreadsheets import as_csv, harmless
from trades.exports.columns import COLUMNS, Row
from trades.models.export import ExportFormat

CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON_LINES: "application/x-ndjson; charset=utf-8",
}


class Writer(Protocol):
    def preface(self, told: Mapping[str, Any]) -> bytes: ...

    def heading(self) -> bytes: ...

    def rows(self, rows: Iterable[Row]) -> bytes: ...


def writer(form: str, columns: Sequence[str]) -> Writer:
    return JsonWriter(columns) if form == ExportFormat.JSON_LINES else CsvWriter(columns)


class CsvWriter:
    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = [COLUMNS[name] for name in columns]
        self._cells = [column.cell for column in self._columns]

    def preface(self, told: Mapping[str, Any]) -> bytes:
        """Lines that start with "#", one a fact."""
        return as_csv([f"# {name}: {_words(value)}"] for name, value in told.items())

    def heading(self) -> bytes:
        return as_csv([[column.heading for column in self._columns]])

    def rows(self, rows: Iterable[Row]) -> bytes:
        return as_csv([harmless(cell(row)) for cell in self._cells] for row in rows)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


class JsonWriter:
    """An object a line; the first one, if wanted, is ``{"about": {...}}``."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = [COLUMNS[name] for name in columns]

    def preface(self, told: Mapping[str, Any]) -> bytes:
        return _as_line({"about": dict(told)})

    def heading(self) -> bytes:
        return b""

    def rows(self, rows: Iterable[Row]) -> bytes:
        return b"".join(
            _as_line({column.name: column.cell(row) for column in self._columns}) for row in rows
        )


def _as_line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
