"""A CSV file as people's spreadsheets write it: two columns of numbers, and at will one that names a class.

Recognised are UTF-8, UTF-16 and Windows' code page; commas, semicolons, tabs, bars and blanks between cells; decimal
commas; any line end; a heading, a column that counts the rows, and columns by their names. Nothing is left out in
silence: notes say what was taken and what was not.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import compress, zip_longest

from core.errors import RequestError

FIELD = "CSV file"
SEPARATORS = ("\t", ";", ",", "|", " ")  # where two fit equally well, the rarer sign
THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")  # a blank between two groups of digits: 1 234,5
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
MISSING = {"", "-", "?", "nan", "na", "n/a", "<na>", "null", "none", "inf", "+inf", "-inf", "infinity", "-infinity"}
PAIRS = (("x", "y"), ("x1", "x2"), ("x0", "x1"), ("x_1", "x_2"), ("x_0", "x_1"), ("x[0]", "x[1]"))
CLASSES = {"label", "labels", "class", "classes", "kind", "category", "cluster", "group", "species", "target"}
COUNTERS = {"", "index", "idx", "id", "row", "nr", "no", "no.", "#", "unnamed: 0"}
ALLOWED = "lines of two numbers and at will a class, like 0.5,-1.2,a"
ROW = "two numbers and at will a class, like 0.5,-1.2,a"
CLASS_VALUES = 5  # different whole numbers in a third column that may be classes


@dataclass(frozen=True)
class Table:
    x: list[tuple[float, float]]
    classes: list[str]  # of each point; "" where the file names none
    notes: tuple[str, ...]  # sentences, plain text that may hold words of the file


@dataclass(frozen=True)
class Row:
    line: int  # in the file, from 1
    cells: list[str]

    @property
    def numbers(self) -> int:
        return sum(number(cell) is not None for cell in self.cells)


def read(content: bytes) -> Table:
    """The points of a file; RequestError names the line that is wrong."""
    heading, rows, notes = _split(decode(content))
    if not rows:
        return Table([], [], tuple(notes))
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    names = [" ".join(cell.lower().split()) for cell in heading.cells] if heading else None
    if names and len(names) == width - 1:  # R writes no name above its row names
        names.insert(0, "")
    if names and len(names) != width:
        names = None
    for row in rows:
        if len(row.cells) != width:
            raise _wrong(row, f"{width} cells as most lines have, or {ROW}")
    (x, y), label, told = _columns([row.cells for row in rows], names)
    points, classes, missing = [], [], []
    for row in rows:
        pair = here, there = number(row.cells[x]), number(row.cells[y])
        if here is not None and there is not None:
            points.append((here, there))
            classes.append("" if label is None else row.cells[label])
        elif all(found is not None or absent(row.cells[k]) for found, k in zip(pair, (x, y), strict=True)):
            missing.append(row.line)
        else:
            raise _wrong(row, ROW)
    if missing:
        notes.append(f"{_lines(missing)} left out: a number is missing.")
    return Table(points, classes, (*told, *notes))


def decode(content: bytes) -> str:
    """The file's text; RequestError where it is none."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RequestError(FIELD, "not text", "text in UTF-8")


def number(cell: str) -> float | None:
    """A number with a decimal point or comma, as either half of the world writes it; None for anything else."""
    text = THOUSANDS.sub("", unicodedata.normalize("NFKC", cell).replace("−", "-").strip()).replace("'", "")
    if "," in text and "." in text:  # the last sign is the decimal one, the other parts thousands
        text = text.replace("," if text.rindex(".") > text.rindex(",") else ".", "")
    text = text.replace(",", "." if text.count(",") == 1 else "")
    found = float(text) if NUMBER.fullmatch(text) else None
    return found if found is not None and abs(found) < float("inf") else None


def absent(cell: str) -> bool:
    """Whether a cell says that its number is missing."""
    return cell.strip().lower() in MISSING or cell.startswith("#")


def _split(text: str) -> tuple[Row | None, list[Row], list[str]]:
    """The heading, the rows below it, and notes of the lines above them that are neither."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    told, skipped = re.match(r"sep=(.)\n", text), []
    if told:  # Excel's own first line
        text = text[told.end() - 1 :]
    tables = [_cells(text, separator) for separator in ([told[1]] if told else SEPARATORS)]
    rows = _without_thousands(max(tables, key=_fit))
    comments = [row.line for row in rows if row.cells[0].startswith("#") and not row.numbers]
    rows = _without_empty([row for row in rows if row.line not in comments])
    first = next((k for k, row in enumerate(rows) if row.numbers), len(rows))
    above, rows = rows[:first], rows[first:]
    if not above and _counts_columns(rows):
        above, rows = rows[:1], rows[1:]
    width = len(rows[0].cells) if rows else 0
    heading = next((row for row in above if width - 1 <= len(row.cells) <= width and len(row.cells) > 1), None)
    skipped = sorted([*comments, *(row.line for row in above if row is not heading)])
    notes = [f"{_lines([heading.line])} read as the heading."] if heading else []
    return heading, rows, notes + ([f"{_lines(skipped)} left out: no numbers there."] if skipped else [])


def _cells(text: str, separator: str) -> list[Row]:
    if separator == " ":
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    reader, rows, line = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True), [], 1
    try:
        for cells in reader:
            cells = [_bare(cell) for cell in cells]
            if any(cells):
                rows.append(Row(line, cells))
            line = reader.line_num + 1
    except csv.Error:  # a cell longer than the module reads: a quote that was never closed
        raise RequestError(f"CSV line {line}", "without an end", f"{ROW}; is a quote left open?") from None
    return rows


def _bare(cell: str) -> str:
    """A cell without blanks, and without single quotes around it; csv takes the double ones off."""
    cell = cell.strip()
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def _without_thousands(rows: list[Row]) -> list[Row]:
    """Where one number has both signs (1,234.5 or 1.234,5), the first of them parts thousands in all of them."""
    for sign, other in ((",", "."), (".", ",")):
        mark, whole = re.escape(sign), re.escape(other)
        both = re.compile(rf"[+−-]?\d{{1,3}}({mark}\d{{3}})+{whole}\d+", re.ASCII)
        if any(both.fullmatch(cell) for row in rows for cell in row.cells):
            parted = re.compile(rf"[+−-]?\d{{1,3}}({mark}\d{{3}})+({whole}\d+)?", re.ASCII)
            return [
                Row(row.line, [cell.replace(sign, "") if parted.fullmatch(cell) else cell for cell in row.cells])
                for row in rows
            ]
    return rows


def _without_empty(rows: list[Row]) -> list[Row]:
    """Without the columns that hold nothing in any line, not even a name: a separator at the end of lines makes one."""
    kept = [any(cells) for cells in zip_longest(*(row.cells for row in rows), fillvalue="")]
    return [Row(row.line, list(compress(row.cells, kept))) for row in rows]


def _fit(rows: list[Row]) -> tuple[int, float]:
    """How well a separator fits: rows with two numbers, and how many of all cells are numbers."""
    cells = sum(len(row.cells) for row in rows)
    return sum(row.numbers >= 2 for row in rows), sum(row.numbers for row in rows) / max(cells, 1)


def _counts_columns(rows: list[Row]) -> bool:
    """A first line like ",0,1": pandas' heading where columns have no names."""
    first = rows[0].cells if rows else [""]
    wanted = [""] + [str(k) for k in range(len(first) - 1)]
    return len(first) > 2 and first == wanted and all(row.cells[0] for row in rows[1:])


def _columns(rows: list[list[str]], names: list[str] | None) -> tuple[tuple[int, int], int | None, list[str]]:
    """Which columns hold x and y, which one the class if any, and sentences about it where it was not plain."""
    columns = list(zip(*rows, strict=True))
    values = [[found for cell in column if (found := number(cell)) is not None] for column in columns]
    numeric = [k for k, column in enumerate(columns) if 2 * len(values[k]) > sum(not absent(cell) for cell in column)]
    worded = [k for k, column in enumerate(columns) if k not in numeric and any(column)]
    counter = next((k for k in [*numeric, *worded] if names and names[k] in COUNTERS and len(columns) > 2), None)
    label = next((k for k, name in enumerate(names or []) if name in CLASSES), None)
    label = next((k for k in worded if k != counter), None) if label is None else label
    free = [k for k in numeric if k not in (counter, label)]
    unnamed = names is None and label is None and len(free) == 3
    if unnamed and not _class_like(values[free[2]]) and _counts(values[free[0]], rows):
        counter, *free = free
    pair = next(((names.index(a), names.index(b)) for a, b in PAIRS if names and a in names and b in names), None)
    if pair is None:
        if len(free) < 2:
            raise RequestError(FIELD, f"{len(free)} column{'s' * (len(free) != 1)} of numbers", ALLOWED)
        pair = free[0], free[1]
    left = [k for k in free if k not in pair]
    if label is None and len(left) == 1 and _class_like(values[left[0]]):
        label, left = left[0], []
    if left and names is None:
        asked = "two columns of numbers, or name those that are meant x and y in a first line"
        raise RequestError(FIELD, f"{len(free)} columns of numbers", asked)

    def called(k: int) -> str:
        name = names[k] if names and names[k] else f"column {k + 1}"
        return name if len(name) <= 24 else name[:23] + "…"

    by_class = "" if label is None else f", the class from {called(label)}"
    told = [f"Read {called(pair[0])} and {called(pair[1])}{by_class}."]
    if label is None and counter is None and not left and (names is None or pair == (0, 1)):
        told = []
    if counter is not None and _counts(values[counter], rows):
        told.append(f"{called(counter).capitalize()} counts the lines and was left out.")
    elif counter is not None:
        left = sorted([*left, counter])
    if left:
        told.append(f"Left out: {', '.join(map(called, left))}.")
    return pair, label, told


def _counts(values: list[float], rows: list[list[str]]) -> bool:
    """Whether a column goes on by one from line to line: 0, 1, 2 … down the file."""
    return values == [values[0] + k for k in range(len(rows))] if values else False


def _class_like(values: list[float]) -> bool:
    return all(value == int(value) for value in values) and len(set(values)) <= CLASS_VALUES


def _lines(numbers: list[int]) -> str:
    """Line numbers as the subject of a sentence; the first of very many."""
    shown = ", ".join(map(str, numbers[:12])) + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")
    return f"Line{'s' * (len(numbers) > 1)} {shown} {'were' if len(numbers) > 1 else 'was'}"


def _wrong(row: Row, allowed: str) -> RequestError:
    return RequestError(f"CSV line {row.line}", ",".join(row.cells), allowed)
