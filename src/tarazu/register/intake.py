"""Documents into the register: read, told from those known, searched for suggestions, linked to what is there.

Nothing of it is part of the register until a person accepts it (`tarazu.register.review`). A document known by its
bytes is not entered again; one that says nearly the same is entered with a link to the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.table import Column, Table
from tarazu.register import tables
from tarazu.register.acts import merged
from tarazu.register.books import Books, operator, packed
from tarazu.register.documents import Document
from tarazu.register.documents import read as read_document
from tarazu.register.duplicates import Signatures, signature
from tarazu.register.extraction import extract
from tarazu.register.links import links
from tarazu.register.promises import goods_of, numbers_of
from tarazu.register.register import Register
from tarazu.register.search import index
from tarazu.register.stated import parties_of, placed, session_of, table_checks, undated
from tarazu.register.suggestions import Suggestion

Progress = Callable[[str, int, int], None]

NEW, KNOWN, NEAR = "new", "known", "nearly known"
COLUMNS = (
    Column("file"),
    Column("document", "", "first letters of its SHA-256"),
    Column("state", "", "new, known by its bytes, or nearly the same as another"),
    Column("same_as", "", "the document that it repeats"),
    Column("language"),
    Column("published"),
    Column("title"),
    Column("characters"),
    Column("suggestions"),
)


@dataclass(frozen=True)
class Ingested:
    """What came in.

    Attributes
    ----------
    table
        One row per file that could be read.
    checks
        Files that could not, and what readers had to say.
    """

    table: Table
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "documents": self.table.records(),
            "checks": [
                {"severity": str(c.severity), "where": c.where, "message": c.message} for c in self.checks
            ],
        }


@dataclass(frozen=True, slots=True)
class Publication:
    """What the person who brings a document knows of it."""

    published: date | None = None
    publisher: str = ""
    url: str = ""


def ingest(
    books: Books,
    paths: Sequence[Path],
    by: str,
    publication: Publication = Publication(),
    *,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> Ingested:
    """Read files and keep each with its suggestions; a file that cannot be read is a finding, the others go on.

    Parameters
    ----------
    publication
        Given where the files do not say it themselves; it holds for all of them.
    """
    who = operator(by)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    register, known = books.register(), _signatures(books)
    for done, path in enumerate(paths):
        if progress:
            progress("documents", done, len(paths))
        try:
            found = read_document(path, encoding=encoding)
        except InputError as error:
            checks.append(Check.error("unreadable-document", str(path), str(error)))
            continue
        checks += found.checks
        if not found.text.strip():
            continue  # its checks say why: a scan, an empty file
        found = replace(found, title=found.title or path.stem)
        row, findings = _keep(books, found, register, known, publication, who, path.name)
        rows.append({"file": path.name, **row})
        checks += findings
    if progress:
        progress("documents", len(paths), len(paths))
    return Ingested(Table.build("ingested", COLUMNS, rows), tuple(checks))


def _signatures(books: Books) -> Signatures:
    known = Signatures()
    with books.database.reading() as connection:
        for sha, text in connection.execute(sa.select(tables.document.c.sha256, tables.document.c.signature)):
            known.add(sha, tuple(json.loads(text)))
    return known


def _keep(
    books: Books,
    found: Document,
    register: Register,
    known: Signatures,
    publication: Publication,
    who: str,
    file: str,
) -> tuple[dict[str, Any], list[Check]]:
    """The row of one file, and what its figures and dates give to think of."""
    row: dict[str, Any] = {
        "document": found.sha256[:12],
        "language": found.language,
        "title": found.title,
        "characters": len(found.text),
        "suggestions": 0,
    }
    published = found.published or publication.published
    row["published"] = published.isoformat() if published else None
    if found.sha256 in known:
        said = _not_taken(books, found.sha256, published, publication, file)
        return {**row, **said[0], "state": KNOWN, "same_as": found.sha256[:12]}, said[1]
    mark = signature(found.text)
    near = known.near(mark)
    suggestions = extract(found.text, language=found.language, published=published)
    dated = replace(found, published=published)
    if not _write(books, dated, mark, near, suggestions, register, publication, who):
        return {**row, "state": KNOWN, "same_as": found.sha256[:12]}, []  # another process was quicker
    known.add(found.sha256, mark)
    state = {"state": NEAR, "same_as": near[0][0][:12]} if near else {"state": NEW}
    checks = [*table_checks(suggestions, file), *(undated(suggestions, file) if published is None else ())]
    return {**row, **state, "suggestions": len(suggestions)}, checks


def _not_taken(
    books: Books, sha256: str, published: date | None, publication: Publication, file: str
) -> tuple[dict[str, Any], list[Check]]:
    """What a known document says of its publication, and a finding where something else is given for it now.

    Documents and their suggestions are never changed, so that what is decided stands on what was read.
    """
    names = ("published", "publisher", "url")
    row = tables.document.c
    query = sa.select(*(row[name] for name in names)).where(row.sha256 == sha256)
    with books.database.reading() as connection:
        there = dict(connection.execute(query).mappings().one())
    given = {"published": published.isoformat() if published else "", "publisher": publication.publisher,
             "url": publication.url}  # fmt: skip
    other = [
        f"{name} {given[name]} ({f'it has {there[name]}' if there[name] else 'it has none'})"
        for name in names
        if given[name] and given[name] != there[name]
    ]
    shown = {"published": there["published"] or None}
    if not other:
        return shown, []
    message = (
        f"the document is known, and documents are never changed: {', '.join(other)} was not taken. Write days in the "
        "column date of `tarazu register review`, say the rest in its column note, or read the document into a new "
        "database."
    )
    return shown, [Check.warning("publication-not-taken", file, message)]


def _write(
    books: Books,
    found: Document,
    mark: tuple[int, ...],
    near: Sequence[tuple[str, float]],
    suggestions: Sequence[Suggestion],
    register: Register,
    publication: Publication,
    who: str,
) -> bool:
    """Keep a document with its suggestions; False where it is there already."""
    there = sa.select(tables.document.c.number).where(tables.document.c.sha256 == found.sha256)
    with books.database.writing() as connection:
        if connection.scalar(there) is not None:
            return False
        number = 1 + int(connection.scalar(sa.select(sa.func.max(tables.document.c.number))) or 0)
        row = (
            number,
            found.sha256,
            found.title or "",
            publication.publisher,
            found.published.isoformat() if found.published else "",
            publication.url,
            found.language,
            found.media,
            found.normaliser,
            found.text,
            packed(list(mark)),
            near[0][0] if near else "",
            who,
            books.now(),
        )
        books.database.insert(connection, tables.document, [row])
        first = 1 + int(connection.scalar(sa.select(sa.func.max(tables.suggestion.c.number))) or 0)
        said = placed(found.text, found.language, _with_numbers(suggestions))
        told = merged(found.text, found.language, said, first)
        made = [
            _suggested(first + offset, number, each, register)
            for offset, each in enumerate(_in_context(told))
        ]
        books.database.insert(connection, tables.suggestion, made)
        index(books, connection, [(number, found.text, found.language)])
    return True


def _with_numbers(found: Sequence[Suggestion]) -> list[Suggestion]:
    """Suggestions in which a promise keeps what needs no words: its dollars, other numbers, and codes of its goods."""
    facts = [each for each in found if each.kind in ("amount", "quantity", "product")]
    out = []
    for each in found:
        if each.kind in ("commitment", "target"):
            inside = [(it.kind, it.value) for it in facts if each.start <= it.start and it.end <= each.end]
            numbers = list(dict.fromkeys(numbers_of(inside)))
            more: dict[str, Any] = {}
            if each.kind == "commitment":
                more["amounts"] = [number for number, unit in numbers if unit == "USD"]
                more["quantities"] = [[number, unit] for number, unit in numbers if unit != "USD"]
            more["goods"] = sorted(set(goods_of(inside)))
            more = {name: told for name, told in more.items() if told or name == "amounts"}
            each = replace(each, value={**each.value, **more})
        out.append(each)
    return out


def _in_context(found: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """Suggestions with what their document says around them: whose it is if they name no party, and its session."""
    usual, session = parties_of(found), session_of(found)
    for each in found:
        more: dict[str, Any] = {}
        if "parties" in each.value and not each.value["parties"]:
            more["document_parties"] = usual
        if session is not None and each.kind in ("instrument", "visit"):
            more["document_session"] = session
        yield replace(each, value={**each.value, **more}) if more else each


def _suggested(number: int, document: int, each: Suggestion, register: Register) -> tuple[Any, ...]:
    """A row of the table of suggestions."""
    value = dict(each.value)
    known = [
        {"item": link.item, "how": link.how, "why": link.why}
        for link in links(register, each.kind, value, each.quote)
    ]
    place = (each.start, each.end, each.rule, each.confidence)
    return (number, document, each.kind, *place, packed(_plain(value)), packed(known))


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: list(each) if isinstance(each, (tuple, set, frozenset)) else each for key, each in value.items()
    }
