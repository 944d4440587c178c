"""Sanctions lists read from the files that their publishers offer.

Formats: the SDN list of the US Treasury's Office of Foreign Assets Control (comma-separated, no header,
``-0-`` for missing) with its file of aliases; the United Nations Security Council's consolidated list
(XML); and OpenSanctions' ``targets.simple.csv``. Every list keeps the sha256 of the bytes it was read from,
so that a verdict can say which list it rests on. Rows that cannot be read come back as checks.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tarazu.core import codes
from tarazu.core.checks import Check, place
from tarazu.core.errors import ListError, UnknownCodeError

MOST_BYTES = 1 << 30  # a list larger than this is not one of these files
_SDN_COLUMNS, _ALT_COLUMNS = 12, 5
_OFAC_KINDS = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft", "": "organisation"}
_SCHEMAS = {
    "Person": "person",
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "Company": "organisation",
    "Organization": "organisation",
    "LegalEntity": "organisation",
    "PublicBody": "organisation",
}
_WEAK_ALIAS = re.compile(r"\b[anf]\.k\.a\. '([^']+)'")
_COUNTRY = re.compile(r"\b(?:nationality|citizen|Flag) ([^;.(]+)")
_BIRTH = re.compile(r"\bDOB ([^;.]+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed party.

    Attributes
    ----------
    names
        The listed name first, then aliases, in whatever script the list gives.
    kind
        ``person``, ``organisation``, ``vessel``, ``aircraft`` or ``other``.
    countries
        ISO 3166 alpha-3 codes where the list's words can be read as such, else the list's words.
    birth
        Date or year of birth as the list writes it.
    """

    id: str
    names: tuple[str, ...]
    kind: str
    programme: str
    list_name: str
    countries: tuple[str, ...] = ()
    birth: str = ""


@dataclass(frozen=True)
class SanctionsList:
    """A list as read.

    Attributes
    ----------
    published
        Date of the list by its own word, or as told by the caller; None where nobody says.
    digest
        sha256 of the file's bytes (of all files of the list, in order).
    """

    name: str
    published: date | None
    digest: str
    entries: tuple[Entry, ...]
    checks: tuple[Check, ...]


def read_list(path: Path, *, alt: Path | None = None, published: date | None = None) -> SanctionsList:
    """Read a list in any of the known formats, recognised by its content.

    Parameters
    ----------
    alt
        Alias file, for the OFAC format only.
    published
        Date of publication for formats that do not carry one.

    Raises
    ------
    ListError
        If the file is missing, empty, too large or in none of the formats.
    """
    head = _text(_bytes(path)[:4096], path, cut=True).lstrip()
    if head.startswith("<"):
        return read_un(path)
    first = next(csv.reader(head.splitlines()[:1]), [])
    if first[:3] == ["id", "schema", "name"]:
        return read_opensanctions(path, published)
    if len(first) == _SDN_COLUMNS and first[0].strip().isdigit():
        return read_ofac_sdn(path, alt, published)
    raise ListError(
        f"{path.name}: this is none of the known lists. Expected OFAC's sdn.csv (12 columns, no header), the UN "
        "consolidated list in XML, or OpenSanctions' targets.simple.csv (header id,schema,name,…). "
        f'The file begins with "{head[:60]}".'
    )


def read_ofac_sdn(sdn: Path, alt: Path | None, published: date | None = None) -> SanctionsList:
    """OFAC's list of Specially Designated Nationals, with its aliases.

    Weak aliases, which the list gives in its remarks, are taken where they have two words or more.

    Raises
    ------
    ListError
        If a file is missing, empty or has no row of the format.
    """
    data = _bytes(sdn)
    checks: list[Check] = []
    entries: dict[str, Entry] = {}
    for row, cells in _rows(_text(data, sdn), sdn, checks, _SDN_COLUMNS):
        entry = _sdn_entry(cells, place(sdn.name, row), checks)
        if entry is not None:
            entries[entry.id] = entry
    if not entries:
        raise ListError(
            f"{sdn.name}: no row of OFAC's SDN list found. Expected 12 columns without a header, the first a "
            "number, the second a name."
        )
    digest = hashlib.sha256(data)
    if alt is None:
        checks.append(
            Check.warning(
                "aliases-not-read",
                sdn.name,
                "The list was read without its alias file: aliases are not screened. Give alt.csv as well.",
            )
        )
    else:
        aliases = _bytes(alt)
        digest.update(aliases)
        _add_aliases(entries, _text(aliases, alt), alt, checks)
    return SanctionsList("OFAC SDN", published, digest.hexdigest(), tuple(entries.values()), tuple(checks))


def _sdn_entry(cells: list[str], where: str, checks: list[Check]) -> Entry | None:
    cells = [_given(cell) for cell in cells]
    number, name, kind, programme, remarks = cells[0], cells[1], cells[2], cells[3], cells[11]
    if not number.isdigit() or not name:
        wrong = f'number "{number}", name "{name}"'
        checks.append(
            Check.error("list-row", where, f"Expected a number and a name, got {wrong}. Row left out.")
        )
        return None
    if kind not in _OFAC_KINDS:
        checks.append(Check.warning("list-kind", where, f'Unknown kind "{kind}": screened as "other".'))
    weak = [alias for alias in _WEAK_ALIAS.findall(remarks) if len(alias.split()) > 1]
    birth = _BIRTH.search(remarks)
    countries = tuple(dict.fromkeys(_country(each.strip()) for each in _COUNTRY.findall(remarks)))
    return Entry(
        id=number,
        names=tuple(dict.fromkeys([name, *weak])),
        kind=_OFAC_KINDS.get(kind, "other"),
        programme=programme,
        list_name="OFAC SDN",
        countries=countries,
        birth=birth.group(1).strip() if birth else "",
    )


def _add_aliases(entries: dict[str, Entry], text: str, file: Path, checks: list[Check]) -> None:
    found: dict[str, list[str]] = {}
    orphans = 0
    for row, cells in _rows(text, file, checks, _ALT_COLUMNS):
        number, alias = _given(cells[0]), _given(cells[3])
        if not number.isdigit() or not alias:
            wrong = f'number "{number}", alias "{alias}"'
            checks.append(
                Check.error(
                    "list-row", place(file.name, row), f"Expected a number and an alias, got {wrong}."
                )
            )
        elif number in entries:
            found.setdefault(number, []).append(alias)
        else:
            orphans += 1
    if not found and not orphans:
        raise ListError(
            f"{file.name}: no alias found. Expected 5 columns: number, alias number, type, alias, remarks."
        )
    if orphans:
        checks.append(
            Check.warning(
                "alias-without-entry",
                file.name,
                f"{orphans} aliases belong to numbers that the list does not hold: the files are of "
                "different dates. Take both from the same day.",
            )
        )
    for number, aliases in found.items():
        entry = entries[number]
        entries[number] = replace(entry, names=tuple(dict.fromkeys([*entry.names, *aliases])))


def read_un(path: Path) -> SanctionsList:
    """The consolidated list of the United Nations Security Council.

    Aliases of low quality are taken where they have two words or more.

    Raises
    ------
    ListError
        If the file is no such list, is not well-formed, or carries a document type (which could pull in
        entities): the official list has none.
    """
    from lxml import etree  # on demand: lists in other formats need no XML

    data = _bytes(path)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ListError(
            f"{path.name}: not well-formed XML ({error.msg}). Download the list again."
        ) from error
    document: Any = root.getroottree()
    if document.docinfo.doctype:
        raise ListError(
            f"{path.name}: the file declares a document type or entities, which the UN list does not. Refused as "
            "unsafe; download the list from the United Nations again."
        )
    if root.tag != "CONSOLIDATED_LIST":
        raise ListError(f"{path.name}: expected the root element CONSOLIDATED_LIST, got {root.tag}.")
    checks: list[Check] = []
    entries = tuple(
        entry
        for tag, kind in (("INDIVIDUAL", "person"), ("ENTITY", "organisation"))
        for element in root.iter(tag)
        if (entry := _un_entry(element, tag, kind, path, checks)) is not None
    )
    if not entries:
        raise ListError(f"{path.name}: the list holds no individual and no entity with a name.")
    published = _un_date(root.get("dateGenerated", ""), path, checks)
    return SanctionsList(
        "UN consolidated", published, hashlib.sha256(data).hexdigest(), entries, tuple(checks)
    )


def _un_entry(element: Any, tag: str, kind: str, path: Path, checks: list[Check]) -> Entry | None:
    order = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
    name = " ".join(filter(None, (_child(element, each) for each in order)))
    reference = _child(element, "REFERENCE_NUMBER") or _child(element, "DATAID")
    if not name or not reference:
        where = f"{path.name}, row {element.sourceline}"
        checks.append(Check.error("list-row", where, f"{tag} without name or reference number. Left out."))
        return None
    names = name.split(";") + _child(element, "NAME_ORIGINAL_SCRIPT").split(";")
    for alias in element.iter(f"{tag}_ALIAS"):
        text = _child(alias, "ALIAS_NAME")
        if _child(alias, "QUALITY").lower() != "low" or len(text.split()) > 1:
            names += text.split(";")
    births = [
        _child(each, "DATE") or _child(each, "YEAR") or _child(each, "FROM_YEAR")
        for each in element.iter("INDIVIDUAL_DATE_OF_BIRTH")
    ]
    nations = [each.text or "" for each in element.iterfind("NATIONALITY/VALUE")]
    return Entry(
        id=reference,
        names=tuple(dict.fromkeys(each.strip() for each in names if each.strip())),
        kind=kind,
        programme=_child(element, "UN_LIST_TYPE"),
        list_name="UN consolidated",
        countries=tuple(dict.fromkeys(_country(each.strip()) for each in nations if each.strip())),
        birth="; ".join(filter(None, births)),
    )


def _un_date(text: str, path: Path, checks: list[Check]) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        message = (
            f'dateGenerated is "{text}", expected a date such as 2026-02-27: the age of the list is unknown.'
        )
        checks.append(Check.warning("list-date", path.name, message))
        return None


def read_opensanctions(path: Path, published: date | None = None) -> SanctionsList:
    """OpenSanctions' simplified table of targets (``targets.simple.csv``).

    Raises
    ------
    ListError
        If the header lacks the columns id, schema and name, or no row can be read.
    """
    data = _bytes(path)
    checks: list[Check] = []
    rows = _rows(_text(data, path), path, checks, None)
    header = next(rows, (1, []))[1]
    if not {"id", "schema", "name"} <= set(header):
        raise ListError(
            f"{path.name}: expected a header with the columns id, schema and name, got {', '.join(header)[:80]}."
        )
    entries = []
    for row, cells in rows:
        if len(cells) != len(header):
            message = f"Expected {len(header)} columns as in the header, got {len(cells)}. Row left out."
            checks.append(Check.error("list-row", place(path.name, row), message))
            continue
        record = dict(zip(header, cells, strict=True))
        if not record["id"] or not record["name"].strip():
            checks.append(Check.error("list-row", place(path.name, row), "Row without id or name. Left out."))
            continue
        entries.append(_target(record))
    if not entries:
        raise ListError(f"{path.name}: the list holds no readable row under its header.")
    digest = hashlib.sha256(data).hexdigest()
    return SanctionsList("OpenSanctions", published, digest, tuple(entries), tuple(checks))


def _target(record: dict[str, str]) -> Entry:
    names = [record["name"], *record.get("aliases", "").split(";")]
    countries = [each.strip() for each in record.get("countries", "").split(";")]
    return Entry(
        id=record["id"],
        names=tuple(dict.fromkeys(each.strip() for each in names if each.strip())),
        kind=_SCHEMAS.get(record["schema"], "other"),
        programme=record.get("program_ids") or record.get("sanctions") or record.get("dataset", ""),
        list_name="OpenSanctions",
        countries=tuple(dict.fromkeys(_country(each) for each in countries if each)),
        birth=record.get("birth_date", ""),
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ListError(f"{path}: larger than {MOST_BYTES >> 20} MiB, which no known list is.")
        data = path.read_bytes()
    except OSError as error:
        raise ListError(
            f"{path}: cannot be read ({error.strerror}). Give the path of the list's file."
        ) from error
    if not data.strip():
        raise ListError(f"{path.name}: the file is empty. Download the list again.")
    return data


def _text(data: bytes, path: Path, *, cut: bool = False) -> str:
    try:
        return data.decode("utf-8-sig", errors="ignore" if cut else "strict")
    except UnicodeDecodeError as error:
        raise ListError(
            f"{path.name}: byte {error.start} is not UTF-8. Save the file as UTF-8, or download the list again."
        ) from error


def _rows(text: str, path: Path, checks: list[Check], columns: int | None) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line numbers; unreadable rows and rows of another width become checks."""
    reader = csv.reader(text.splitlines(keepends=True))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = place(path.name, reader.line_num)
            checks.append(Check.error("list-row", where, f"The row cannot be read: {error}. Row left out."))
            continue
        if not any(cell.strip("\x1a \t") for cell in cells):
            continue  # blank, or the end-of-file character that closes OFAC's files
        if columns is not None and len(cells) != columns:
            message = f"Expected {columns} columns, got {len(cells)}. Row left out."
            checks.append(Check.error("list-row", place(path.name, reader.line_num), message))
            continue
        yield reader.line_num, cells


def _given(cell: str) -> str:
    cell = cell.strip()
    return "" if cell == "-0-" else cell


def _child(element: Any, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())


@cache
def _country(text: str) -> str:
    try:
        return codes.country(text).alpha3
    except UnknownCodeError:
        return text


def digest_of(lists: Iterable[SanctionsList]) -> str:
    """sha256 over the digests of several lists, in order."""
    return hashlib.sha256("\n".join(each.digest for each in lists).encode()).hexdigest()
