"""A register as files and back: CSV tables, JSON, a workbook, deadlines for a calendar, results in IATI's words.

CSV and the workbook hold one table for each kind of item and ``events``, as a bundled register does; JSON holds every
event with who entered it and when. Results follow the result element of the IATI activity standard 2.03
(https://iatistandard.org/en/iati-standard/203/activity-standard/iati-activities/iati-activity/result/).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tarazu.core.errors import InputError
from tarazu.core.schema import declared
from tarazu.core.table import Column, Table
from tarazu.register.model import DECLARATION, EVENTS, RECORDED, Event, Evidence, event_types, kinds, openings
from tarazu.register.register import Item, Register, Source, span

VERSION = 1  # of the JSON form
IATI = "2.03"
# Codes of the IATI lists ActivityStatus (2: implementation) and OrganisationType (90: other).
IMPLEMENTATION, OTHER_ORGANISATION = "2", "90"


def tables(register: Register) -> dict[str, Table]:
    """One table for each kind that has items, and ``events`` for what its own row does not say."""
    rows: dict[str, list[dict[str, Any]]] = {}
    rest: list[Event] = []
    for item in register.items.values():
        first = next(event for event in item.events if event.event == RECORDED)
        opening = _opening(item, first)
        row = {**first.fields, **_proof(first), "date": first.date}
        if openings(item.kind):
            # A date alone would be read as the usual event, and the usual event without a date as none.
            row["date"] = opening.date if opening else ""
            if opening and (opening.event != openings(item.kind)[0] or not opening.date):
                row["event"] = opening.event
        rows.setdefault(item.kind, []).append(row)
        rest += [event for event in item.events if event not in (first, opening)]
    found = {kind: _table(kind, rows[kind]) for kind in kinds() if kind in rows}
    told = sorted(rest, key=lambda event: (event.date, event.number))
    return {**found, EVENTS: _table(EVENTS, [_event_row(event) for event in told])}


def _opening(item: Item, first: Event) -> Event | None:
    """The event that an item's own row tells: of the same day and evidence as its record."""
    return next(
        (
            event
            for event in item.events
            if event.event in openings(item.kind)
            and (event.date, event.evidence, event.status, event.note)
            == (first.date, first.evidence, first.status, first.note)
        ),
        None,
    )


def _proof(event: Event) -> dict[str, Any]:
    return {**asdict(event.evidence), "status": event.status, "note": event.note}


def _event_row(event: Event) -> dict[str, Any]:
    own = {
        "item": event.item,
        "event": event.event,
        "field": event.field,
        "value": event.value,
        "date": event.date,
    }
    return {**own, **_proof(event)}


def _table(name: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    columns = tuple(Column(v.column, v.unit, v.meaning) for v in declared(DECLARATION)[name])
    plain = ({key: _cell(value) for key, value in row.items()} for row in rows)
    return Table.build(name, columns, plain)


def _cell(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else None if value == "" else value


def as_json(register: Register) -> dict[str, Any]:
    """Every event and document, nothing lost."""
    return {
        "version": VERSION,
        "register": register.name,
        "events": [_event_dict(event) for event in register.events],
        "documents": [
            {key: value for key, value in asdict(source).items() if value not in ("", None)}
            for source in register.documents.values()
        ],
    }


def _event_dict(event: Event) -> dict[str, Any]:
    found = asdict(event)
    found["evidence"] = {key: value for key, value in found["evidence"].items() if value not in ("", None)}
    found["fields"] = {key: value for key, value in found["fields"].items() if value is not None}
    return {key: value for key, value in found.items() if value not in ("", None, {})}


def from_json(text: str, name: str) -> Register:
    """The register that `as_json` wrote.

    Raises
    ------
    InputError
        If the text is no such JSON.
    """
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise InputError(
                f"{name}: version {found['version']} of the register's JSON; expected {VERSION}."
            )
        events = tuple(_event_of(each, name) for each in found["events"])
        documents = {each["sha256"]: Source(**each) for each in found.get("documents", ())}
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{name}: is no register in JSON ({error}). `tarazu register export` writes one."
        ) from None
    return Register(str(found.get("register") or name), events, documents=documents)


def _event_of(row: Mapping[str, Any], name: str) -> Event:
    kind, word = row["kind"], row["event"]
    if kind not in kinds() or (word != RECORDED and word not in event_types()):
        raise InputError(f'{name}: "{word}" of "{kind}" is no event of a register.')
    values = {key: _tuple(value) for key, value in row.items() if key not in ("evidence", "fields")}
    fields = {key: _tuple(value) for key, value in row.get("fields", {}).items()}
    return Event(**values, fields=fields, evidence=Evidence(**row.get("evidence", {})))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def workbook(register: Register) -> bytes:
    """The tables as sheets of an XLSX workbook, with the meaning of each column under its title."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "bg_color": "#e8e8e8"})
    for name, table in tables(register).items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, each in enumerate(table.columns):
            sheet.write_string(0, column, each.name, head)
            if each.meaning:
                sheet.write_comment(0, column, each.meaning)
            sheet.set_column(column, column, 40 if each.name in ("title", "note", "quote") else 16)
        for number, row in enumerate(table.rows, start=1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value)
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def from_workbook(path: Path) -> Iterator[tuple[str, str]]:
    """Name and CSV text of each sheet of a workbook that is a table of the register.

    Raises
    ------
    InputError
        If the file is no workbook.
    """
    import csv

    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a workbook ({error}). Save it as XLSX.") from None
    for name, rows in sheets.items():
        if name in declared(DECLARATION) and rows:
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerows([[_text(cell) for cell in row] for row in rows])
            yield name, out.getvalue()


def _text(cell: Any) -> str:
    """A cell as CSV has it; whole numbers that the workbook keeps as 2024.0 lose their point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def calendar(register: Register) -> bytes:
    """Deadlines of commitments and milestones as iCalendar (RFC 5545): a day each, the last one of the due date."""
    from datetime import UTC, datetime, timedelta

    from icalendar import Calendar
    from icalendar import Event as Entry

    found = Calendar()
    found.add("prodid", "-//Tarazu//register//EN")
    found.add("version", "2.0")
    stamp = datetime(2000, 1, 1, tzinfo=UTC)  # fixed: the same register gives the same file
    for item in (*register.of("commitments"), *register.of("milestones")):
        due = span(item["due"])
        if due is None:
            continue
        entry = Entry()
        entry.add("uid", f"{item.id}@{register.name}.register")
        entry.add("dtstamp", stamp)
        entry.add("dtstart", due.end)
        entry.add("dtend", due.end + timedelta(1))
        entry.add("summary", item.title)
        precision = "" if due.days == 1 else f"Due {item['due']}; the last day of it stands here. "
        entry.add("description", f"{precision}{item['responsible'] or ''}".strip())
        entry.add("categories", [item.kind.rstrip("s")])
        found.add_component(entry)
    return bytes(found.to_ical())


def results(register: Register) -> str:
    """One IATI activity with the indicators as its results: baseline, period, target and actual values."""
    root = ElementTree.Element("iati-activities", version=IATI)
    activity = ElementTree.SubElement(root, "iati-activity")
    # Who publishes the file puts the identifiers of an organisation in the registry in place of these names.
    ElementTree.SubElement(activity, "iati-identifier").text = f"{register.name}-register"
    reporting = {"ref": register.name, "type": OTHER_ORGANISATION, "secondary-reporter": "1"}
    _narrative(activity, "reporting-org", f"Register {register.name}", reporting)
    _narrative(activity, "title", f"Promises of the register {register.name}")
    ElementTree.SubElement(activity, "activity-status", {"code": IMPLEMENTATION})
    for item in register.of("indicators"):
        result = ElementTree.SubElement(activity, "result", {"type": "2", "aggregation-status": "0"})
        _narrative(result, "title", item.title)
        indicator = ElementTree.SubElement(result, "indicator", {"measure": "1", "ascending": "1"})
        _narrative(indicator, "title", f"{item.title}, {item['unit']}")
        if item["baseline"] is not None:
            begun = span(item["baseline_period"])
            year = {"year": str(begun.end.year)} if begun else {}
            ElementTree.SubElement(indicator, "baseline", {**year, "value": f"{item['baseline']:g}"})
        for start, end, name, value in _periods(item):
            period = ElementTree.SubElement(indicator, "period")
            ElementTree.SubElement(period, "period-start", {"iso-date": start})
            ElementTree.SubElement(period, "period-end", {"iso-date": end})
            ElementTree.SubElement(period, name, {"value": f"{value:g}"})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _narrative(
    parent: ElementTree.Element, name: str, text: str, given: Mapping[str, str] | None = None
) -> None:
    found = ElementTree.SubElement(parent, name, dict(given or {}))
    ElementTree.SubElement(found, "narrative").text = text


def _periods(item: Item) -> Iterator[tuple[str, str, str, float]]:
    told = [("target", item["due"], item["target"])]
    told += [("actual", e.field or e.date, e.value) for e in item.events if e.event == "measured"]
    for name, when, value in told:
        found = span(when)
        if found and value is not None:
            yield found.start.isoformat(), found.end.isoformat(), name, float(value)
