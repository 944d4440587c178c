"""Lists of offers as Excel writes them: numbers with spaces between thousands and a comma before decimals.

A number is rewritten only where every custom reads it alike: 10 000 and 200,5 are, 200,500 is not, and stays for the
reader of tables to refuse with file, row and column.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tarazu.core.checks import Check
from tarazu.core.names import ascii_digits
from tarazu.core.schema import declared, read_table, read_text, separator

if TYPE_CHECKING:
    from tarazu.core.schema import Parsed

SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f'\u2019"), " ")  # Excel's, and the Swiss apostrophe
NOT_A_NUMBER = "not-a-number"  # the check of a cell that is none
_TWO_WAYS = re.compile(r'"([1-9]\d{0,2}),(\d{3})" ')
_SPACED = re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?")
_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){2,}(?:\.\d+)?|[1-9]\d{0,2},\d{3}\.\d+")
_CONTINENTAL = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}(?:,\d+)?|[1-9]\d{0,2}\.\d{3},\d+")
_DECIMAL = re.compile(r"\d+,(?:\d{1,2}|\d{4,})|0,\d+")


def plain_number(text: str) -> str:
    """A number with a point before its decimals and nothing between thousands; text that is none as it is."""
    said = ascii_digits(text).translate(SPACES).strip()
    if _SPACED.fullmatch(said) or _DECIMAL.fullmatch(said):
        return said.replace(" ", "").replace(",", ".")
    if _ENGLISH.fullmatch(said):
        return said.replace(",", "")
    if _CONTINENTAL.fullmatch(said):
        return said.replace(".", "").replace(",", ".")
    return text


def read_list(path: Path, kind: str, declaration: str) -> Parsed:
    """As `read_table`, with numbers as Excel writes them; of one that reads in two ways both are named."""
    parsed = _read(path, kind, declaration)
    return replace(parsed, checks=tuple(map(_told, parsed.checks)))


def _told(check: Check) -> Check:
    found = _TWO_WAYS.match(check.message) if check.name == NOT_A_NUMBER else None
    if found is None:
        return check
    whole, part = found.groups()
    message = (
        f'"{whole},{part}" may be {whole}{part} or {whole}.{part}. Write the right one, without the comma.'
    )
    return replace(check, message=message)


def _read(path: Path, kind: str, declaration: str) -> Parsed:
    text = read_text(path)
    if isinstance(text, Check) or not text.strip():
        return read_table(path, kind, declaration=declaration)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True))
    except csv.Error:
        return read_table(path, kind, declaration=declaration)
    numbers = {v.column for v in declared(declaration)[kind] if v.type == "number"}
    places = {k for k, title in enumerate(rows[0]) if title.strip() in numbers}
    plain = [
        [plain_number(cell) if k in places else cell for k, cell in enumerate(row)] if number else row
        for number, row in enumerate(rows)
    ]
    if plain == rows:
        return read_table(path, kind, declaration=declaration)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with copy.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=separator(text), lineterminator="\n").writerows(plain)
        return read_table(copy, kind, declaration=declaration)
