"""Full-text search over the register's documents in English, Russian, Kazakh and Persian.

    indexed   the stem of every word of a document in its language; of Kazakh ones the word itself
    asked     all words of the query, each by its stem in every language of its script, as a prefix

English, Russian and Persian stems are Snowball's (https://snowballstem.org). Kazakh has none there, and cutting its
endings is no stemming: Қазақстан looks like an ablative. So they are cut from the query alone (case, possessive,
plural; data/register/endings.csv), and what is left is looked for as the beginning of a word. SQLite ranks
by BM25 (FTS5), PostgreSQL by cover density.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tarazu.core.errors import InputError
from tarazu.core.names import normalise
from tarazu.core.schema import DATA
from tarazu.core.table import Column, Table
from tarazu.register import tables
from tarazu.register.views import sources

if TYPE_CHECKING:
    from tarazu.register.books import Books
    from tarazu.register.register import Register

SNOWBALL = {"en": "english", "ru": "russian", "fa": "persian"}
LANGUAGES = ("en", "ru", "kk", "fa")
KAZAKH = "kk"
SHORTEST = 3  # letters of a stem
MOST_WORDS = 20  # of a query
AROUND = 60  # characters shown on each side of a hit
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ARABIC = re.compile("[\u0600-\u06ff]")

COLUMNS = (
    Column("document", "", "first letters of its SHA-256"),
    Column("title"),
    Column("publisher"),
    Column("published"),
    Column("language"),
    Column("hit", "", "the words around the first hit"),
    Column("start", "characters", "where it stands in the document's text"),
    Column("url"),
)


def words(text: str, language: str) -> str:
    """A text's words as they are indexed, in order."""
    return " ".join(_indexed(word, language) for word in normalise(text).split())


def _indexed(word: str, language: str) -> str:
    return word if language == KAZAKH else stem(word, language)


@lru_cache(maxsize=1 << 18)
def stem(word: str, language: str) -> str:
    """The stem of one word in one language; a language without rules keeps the word."""
    if language == KAZAKH:
        return _kazakh(word)
    if language in SNOWBALL:
        return str(_stemmer(language).stemWord(word))
    return word


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(SNOWBALL[language])


@cache
def _endings() -> tuple[tuple[str, ...], ...]:
    """Kazakh endings by part, from the end of the word inwards, the longest first.

    A single letter is no ending here: it would be cut from words that merely end in it, and not from their forms.
    """
    with (DATA / "register" / "endings.csv").open(encoding="utf-8", newline="") as file:
        parts = {
            row["part"]: row["endings"].split("|")
            for row in csv.DictReader(file)
            if row["language"] == KAZAKH
        }
    return tuple(
        tuple(sorted((each for each in parts[name] if len(each) > 1), key=lambda each: -len(each)))
        for name in ("case", "possessive", "plural")
    )


def _kazakh(word: str) -> str:
    for endings in _endings():
        cut = next((e for e in endings if word.endswith(e) and len(word) - len(e) >= SHORTEST), "")
        word = word[: len(word) - len(cut)]
    return word


def languages_of(word: str) -> tuple[str, ...]:
    """Languages whose script a word is written in."""
    if _CYRILLIC.search(word):
        return ("ru", "kk")
    return ("fa",) if _ARABIC.search(word) else ("en",)


def asked(query: str) -> tuple[tuple[str, ...], ...]:
    """Stems of each word of a query, in every language it may be.

    Raises
    ------
    InputError
        If the query has no word, or too many.
    """
    given = normalise(query).split()
    if not 0 < len(given) <= MOST_WORDS:
        raise InputError(f"search: expected 1 to {MOST_WORDS} words, got {len(given)}.")
    return tuple(tuple(dict.fromkeys(stem(word, each) for each in languages_of(word))) for word in given)


def index(books: Books, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> None:
    """Add documents to the index: number, text, language."""
    column = "rowid" if books.database.kind == "sqlite" else "number"
    value = ":words" if books.database.kind == "sqlite" else "to_tsvector('simple', :words)"
    insert = sa.text(f"INSERT INTO register_search ({column}, words) VALUES (:number, {value})")
    given = [{"number": number, "words": words(text, language)} for number, text, language in rows]
    if given:
        connection.execute(insert, given)


def search(books: Books, query: str, limit: int = 20) -> Table:
    """Documents that hold every word of a query, the best first.

    Raises
    ------
    InputError
        If the query has no word, or the limit is not between 1 and 1,000.
    """
    _check_limit(limit)
    terms = asked(query)
    with books.database.reading() as connection:
        found = connection.execute(
            _statement(books.database.kind), {"query": _query(books, terms), "limit": limit}
        )
        numbers = [row[0] for row in found]
        rows = connection.execute(
            sa.select(tables.document).where(tables.document.c.number.in_(numbers))
        ).mappings()
        by_number = {row["number"]: row for row in rows}
    return Table.build("search", COLUMNS, [_row(by_number[number], terms) for number in numbers])


ITEM_COLUMNS = (
    Column("item"),
    Column("kind"),
    Column("title"),
    Column("hit", "", "the words around the first hit, in its title, a quote or a note"),
    Column("sources"),
)


def search_items(register: Register, query: str, limit: int = 20) -> Table:
    """Items whose title, quotes or notes hold every word of a query; in the order of the register.

    Raises
    ------
    InputError
        As of `search`.
    """
    _check_limit(limit)
    terms = asked(query)
    rows = []
    for item in register.items.values():
        told = (item.title, *(text for e in item.events for text in (e.evidence.quote, e.note)))
        text = " · ".join(dict.fromkeys(filter(None, told)))
        found = {_indexed(word, each) for word in normalise(text).split() for each in languages_of(word)}
        if all(any(word.startswith(term) for word in found) for term in terms):
            hit = next(
                shown for each in LANGUAGES if (shown := _hit(text, each, terms)[1]) or each == LANGUAGES[-1]
            )
            rows.append((item.id, item.kind, item.title, hit, sources(item)))
    return Table("items", ITEM_COLUMNS, tuple(rows[:limit]))


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= 1_000:
        raise InputError(f"limit: expected a number from 1 to 1,000, got {limit:,}.")


def _statement(kind: str) -> sa.TextClause:
    if kind == "sqlite":
        return sa.text(
            "SELECT rowid FROM register_search WHERE register_search MATCH :query ORDER BY rank LIMIT :limit"
        )
    return sa.text(
        "SELECT number FROM register_search, to_tsquery('simple', :query) asked WHERE words @@ asked "
        "ORDER BY ts_rank_cd(words, asked) DESC, number LIMIT :limit"
    )


def _query(books: Books, terms: Sequence[Sequence[str]]) -> str:
    """The query in the database's own words; stems hold letters and digits only, so nothing needs escaping."""
    if books.database.kind == "sqlite":
        return " AND ".join("(" + " OR ".join(f'"{each}"*' for each in term) + ")" for term in terms)
    return " & ".join("(" + " | ".join(f"'{each}':*" for each in term) + ")" for term in terms)


def _row(document: Any, terms: Sequence[Sequence[str]]) -> dict[str, Any]:
    start, hit = _hit(document["text"], document["language"], terms)
    return {
        "document": document["sha256"][:12],
        **{name: document[name] for name in ("title", "publisher", "published", "language", "url")},
        "hit": hit,
        "start": start,
    }


def _hit(text: str, language: str, terms: Sequence[Sequence[str]]) -> tuple[int | None, str]:
    """Where the first word that was asked for stands, and the words around it."""
    wanted = tuple(each for term in terms for each in term)
    for match in re.finditer(r"\w+", text):
        if any(_indexed(word, language).startswith(wanted) for word in normalise(match.group()).split()):
            first, last = max(match.start() - AROUND, 0), min(match.end() + AROUND, len(text))
            return match.start(), " ".join(text[first:last].split())
    return None, ""
