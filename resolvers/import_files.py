"""Files of an import: CSV as spreadsheets write it, and what of it cannot be taken at all.

What is typed into a cell is text and stays as it is: nothing here or later computes with it.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import errors
import settings
from resolvers.identifiers import Faults
from resolvers.import_columns import COLUMNS, Given

_FILE = "source", "csv"
_DELIMITERS = ",;\t"
_COLUMN_BY_NAME = {column.lower(): column for column in COLUMNS}
_WIDEST = 100
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_BETWEEN_WORDS = re.compile(r"[\s_-]")
_RIGHT_UNLESS_NAMED = "LAUNCH"


def read(text: str) -> list[Given]:
    """The rows below the first one, which names the columns; empty ones are left out.

    Raises:
        errors.InvalidInput: at `source.csv` and the column or the line that is wrong.
    """
    faults, text = Faults(), text.removeprefix("\ufeff")
    if "\0" in text:
        raise errors.InvalidInput.at(*_FILE, code="INVALID")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = _columns(next(filter(None, lines), []), faults)
        faults.settle()
        found = list(islice(_rows(lines, columns, faults), settings.load().import_rows + 1))
    except csv.Error:
        raise errors.InvalidInput.at(*_FILE, str(lines.line_num), code="INVALID") from None
    faults.settle()
    return check(found, _FILE)


def check(found: Sequence[Given], source: tuple[str, ...]) -> list[Given]:
    """Raises:
    errors.InvalidInput: there are none or too many, or one holds what no column can.
    """
    most, faults = settings.load().import_rows, Faults()
    if not found:
        raise errors.InvalidInput.at(*source, code="REQUIRED")
    if len(found) > most:
        raise errors.InvalidInput.at(*source, code="TOO_MANY_ROWS", limit=most)
    for index, given in enumerate(found):
        for column, value in given.items():
            if _cannot_be_kept(value):
                faults.add((*source, str(index), column), "INVALID")
    faults.settle()
    return list(found)


def _cannot_be_kept(value: object) -> bool:
    """NUL and lone surrogates are no text (TRAPS 11)."""
    if isinstance(value, list):
        return any(_cannot_be_kept(part) for one in value for part in one.values())
    return isinstance(value, str) and _NO_TEXT.search(value) is not None


def _delimiter(text: str) -> str:
    """That by which the first line names most of the columns we know."""
    first = text.lstrip("\r\n").partition("\n")[0]
    named = {d: sum(_name(cell) in _COLUMN_BY_NAME for cell in first.split(d)) for d in _DELIMITERS}
    return max(_DELIMITERS, key=named.__getitem__)


def _name(cell: str) -> str:
    """`Full name`, `full_name` and `fullName` are one column."""
    return _BETWEEN_WORDS.sub("", cell.strip().strip('"')).lower()


def _columns(cells: list[str], faults: Faults) -> list[str]:
    found = list[str]()
    while cells and not cells[-1].strip():
        cells.pop()
    for cell in cells[:_WIDEST]:
        column = _COLUMN_BY_NAME.get(_name(cell))
        if column is None:
            faults.add((*_FILE, cell), "UNKNOWN_COLUMN")
        elif column in found:
            faults.add((*_FILE, cell), "TWICE")
        else:
            found.append(column)
    if not {"email", "login"}.intersection(found):
        faults.add((*_FILE, "email"), "REQUIRED")
    return found


def _rows(lines: Any, columns: list[str], faults: Faults) -> Iterator[Given]:
    for cells in lines:
        if any(cell.strip() for cell in cells[len(columns) :]):
            faults.add((*_FILE, str(lines.line_num)), "TOO_MANY_CELLS")
        given = {column: cell for column, cell in zip(columns, cells, strict=False) if cell.strip()}
        if given:
            yield given | ({"apps": _apps(given["apps"])} if "apps" in given else {})


def _apps(cell: str) -> list[dict[str, str]]:
    """`app_1=LAUNCH_AND_ADMINISTER app_2`; an app alone is to be launched."""
    pairs = (part.partition("=") for part in cell.split())
    return [{"appId": app, "right": right or _RIGHT_UNLESS_NAMED} for app, _, right in pairs]
