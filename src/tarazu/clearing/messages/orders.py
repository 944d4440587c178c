"""Payment orders as CSV or JSON, under the same rules as pacs.008.

Columns (CSV) and keys (JSON) are those of ``data/messages/order_fields.csv``. A CSV file has a header row and its
cells are separated by commas, semicolons or tabs (RFC 4180; what spreadsheets add is tolerated: a byte order mark,
a first line ``sep=;``, empty cells and rows at the end). JSON is an array of objects, one object, or an object on
each line. Text is UTF-8, or UTF-16 with a byte order mark.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tarazu.clearing.messages.fields import OrderReader, Problem, order_fields
from tarazu.clearing.messages.source import limits
from tarazu.clearing.order import PaymentOrder, Refusal
from tarazu.core.checks import Check, place
from tarazu.core.errors import MessageError

_SEPARATORS = ",;\t"
_NO_SCHEMA = "columns and values checked; no schema exists for {}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file held.

    Attributes
    ----------
    message_id
        Identifier of the message; empty for CSV and JSON.
    orders
        Orders that can be read, in the file's sequence; equal keys are kept, the booking decides.
    refused
        Orders that cannot, each with its reason.
    checks
        Remarks on the file.
    checked_against
        The schema it was checked against, in words.
    """

    message_id: str
    orders: tuple[PaymentOrder, ...]
    refused: tuple[Refusal, ...]
    checks: tuple[Check, ...]
    checked_against: str


_Row = tuple[int, dict[str, str] | Problem]  # number of the row, and its texts by column


def read_orders(data: bytes, name: str) -> Batch:
    """Orders from the bytes of a CSV or JSON file.

    Raises
    ------
    MessageError
        If the file cannot be decoded, has no usable header, is malformed JSON, or holds too many orders.
    """
    text = _decoded(data, name)
    if text.lstrip()[:1] in ("{", "["):
        return _batch(_json_rows(text, name), name, OrderReader(), _NO_SCHEMA.format("JSON orders"))
    separator, body = _separator(text)
    rows = _csv_rows(body, separator, name)
    return _batch(rows, name, OrderReader(decimal_comma=separator == ";"), _NO_SCHEMA.format("CSV orders"))


def _batch(rows: Iterable[_Row], name: str, reader: OrderReader, checked_against: str) -> Batch:
    orders: list[PaymentOrder] = []
    refused: list[Refusal] = []
    for row, raw in rows:
        if len(orders) + len(refused) >= limits()["file"]["payments"]:
            raise MessageError(
                f"{name}: more than {limits()['file']['payments']:,} orders, the limit for one file. Split it."
            )
        texts = [] if isinstance(raw, Problem) else [raw.get(column, "") for column in order_fields()]
        found = (
            raw if isinstance(raw, Problem) else reader.read(texts, message_id="", source=place(name, row))
        )
        if isinstance(found, PaymentOrder):
            orders.append(found)
        else:
            refused.append(_refusal(found, {} if isinstance(raw, Problem) else raw, name, row))
    checks = () if orders or refused else (Check.warning("no-orders", name, "holds no orders."),)
    return Batch("", tuple(orders), tuple(refused), checks, checked_against)


def _refusal(problem: Problem, raw: dict[str, str], name: str, row: int) -> Refusal:
    return Refusal(
        key=raw.get("key", "").strip(),
        code=problem.code,
        reason=f"{problem.column}: {problem.reason}" if problem.column else problem.reason,
        source=place(name, row, problem.column or None),
        end_to_end_id=raw.get("end_to_end_id", "").strip(),
        transaction_id=raw.get("transaction_id", "").strip(),
        uetr=raw.get("uetr", "").strip(),
    )


def _decoded(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise MessageError(
            f"{name}, line {line}: byte {data[reason.start]:#04x} is not {encoding.removesuffix('-sig').upper()}. "
            'Save the file as "CSV UTF-8" (or JSON in UTF-8); names would be damaged by guessing the encoding.'
        ) from None


def _separator(text: str) -> tuple[str, str]:
    """The separator of a CSV file, and its text without the line ``sep=;`` that names it to spreadsheets."""
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep=") and first.strip()[4:] in tuple(_SEPARATORS):
        return first.strip()[4:], rest
    return max(_SEPARATORS, key=first.count), text


def _csv_rows(text: str, separator: str, name: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = enumerate(_lines(reader, name), 1)
    columns: list[str] = []
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            columns = _header(cells, name, number)
            break
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets end files with rows of separators
        if any(cell.strip() for cell in cells[len(columns) :]):
            found = f"has {len(cells)} cells, the header {len(columns)}. Quote cells that hold the separator."
            yield number, Problem("FF01", "", found)
        else:
            yield number, dict(zip(columns, cells, strict=False))


def _lines(reader: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    row = 0
    try:
        for row, cells in enumerate(reader, 1):
            if len(cells) > limits()["file"]["columns"]:
                raise MessageError(
                    f"{name}, row {row}: {len(cells)} cells, more than {limits()['file']['columns']}."
                )
            yield cells
    except csv.Error as reason:
        raise MessageError(
            f"{name}, row {row + 1}: not CSV: {reason}. Double the quotation marks inside a quoted cell."
        ) from None


def _header(cells: list[str], name: str, row: int) -> list[str]:
    columns = [cell.strip().casefold() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    for column in columns:
        if column not in order_fields():
            raise MessageError(f"{place(name, row)}: {_unknown(column)}")
        if columns.count(column) > 1:
            raise MessageError(f"{place(name, row)}: column {column} is there twice. Leave one.")
    absent = [each.column for each in order_fields().values() if each.required and each.column not in columns]
    if absent:
        raise MessageError(
            f"{place(name, row)}: the header lacks {', '.join(absent)}. The first row names the columns; required "
            f"are {', '.join(each.column for each in order_fields().values() if each.required)}."
        )
    return columns


def _unknown(column: str) -> str:
    near = difflib.get_close_matches(column, order_fields(), n=1, cutoff=0.5)
    shown = column if len(column) <= 40 else column[:40] + "…"
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(order_fields())}."
    return f'"{shown}" is not a column of an order: {hint}'


def _json_rows(text: str, name: str) -> Iterator[_Row]:
    whole = _parsed(text)
    if not isinstance(whole, _Malformed):
        for number, each in enumerate(whole if isinstance(whole, list) else [whole], 1):
            yield number, _order_of(each)
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) < 2 or not isinstance(_parsed(lines[0][1]), dict):
        raise MessageError(
            f"{name}, {whole.where}: not JSON: {whole.reason}. Expected an array of orders, one order, or one on "
            "each line."
        )
    for number, line in lines:
        found = _parsed(line)
        if isinstance(found, _Malformed):
            yield number, Problem("FF01", "", f"not JSON: {found.reason} ({found.where} of this row).")
        else:
            yield number, _order_of(found)


@dataclass(frozen=True, slots=True)
class _Malformed:
    where: str
    reason: str


def _parsed(text: str) -> Any:
    """JSON with its numbers left as they are written, or what is wrong with it."""
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_without_repetition
        )
    except json.JSONDecodeError as reason:
        return _Malformed(f"line {reason.lineno}, column {reason.colno}", reason.msg)
    except RecursionError:
        return _Malformed("line 1", "nested too deeply")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Problem:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [key for key, _ in pairs]
    twice = next(key for key in names if names.count(key) > 1)
    return Problem(
        "FF01", twice if twice in order_fields() else "", f'"{twice[:40]}" is there twice. Leave one.'
    )


def _order_of(value: Any) -> dict[str, str] | Problem:
    """The texts of one object; null is missing."""
    if isinstance(value, Problem):
        return value
    if not isinstance(value, dict):
        return Problem("FF01", "", 'is not an object. Write an order as {"key": "…", "debtor": "…", …}.')
    for key, each in value.items():
        if key not in order_fields():
            return Problem("CH17", "", _unknown(key))
        if each is not None and not isinstance(each, str):
            return Problem(order_fields()[key].wrong, key, "is not a text or number.")
    return {key: each for key, each in value.items() if each is not None}
