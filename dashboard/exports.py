"""Curves as files: a table of rows, as CSV for a spreadsheet or JSON for a program."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

KINDS = ("csv", "json")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so


def named(what: str) -> dict[str, str]:
    """Each kind and the words on its button."""
    return {kind: f"{what} as {kind.upper()}" for kind in KINDS}


def table(rows: list[dict], about: dict, kind: str) -> bytes:
    """rows of one set of columns; about: what they were measured on, which only JSON has room for.

    A number that is not defined (NaN) is an empty cell or null.
    """
    rows = [{name: _plain(value) for name, value in row.items()} for row in rows]
    if kind == "json":
        return json.dumps({**about, "rows": rows}, indent=1, allow_nan=False).encode()
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue().encode()


def drawn(title: str, figure: go.Figure) -> list[dict]:
    """The lines of a figure, a row for each of their points; the markers and rules beside them are no curves."""
    unit = figure.layout.xaxis.title.text
    return [
        {"curve": title, "line": html.unescape(line.name or title), "unit": unit, "at": at, "value": value}
        for line in figure.data
        if line.mode == "lines" and line.yaxis != "y2"
        for at, value in zip(line.x, line.y, strict=True)
    ]


def _plain(value: object) -> object:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
