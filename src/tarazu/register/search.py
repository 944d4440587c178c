"""Full-text search over the register's documents in English, Russian, Kazakh and Persian.

    indexed   the stem of every word of a document in its language; of Kazakh ones the word itself
    asked     all words of the query, each by its stem in every language of its script, as the beginning of a word

English, Russian and Persian stems are Snowball's (https://snowballstem.org). Kazakh has none there, and cutting its
endings is no stemming: Қазақстан looks like an ablative. So they are cut from the query alone (case, possessive,
plural; data/register/endings.csv), and what is left is looked for as the beginning of a word. Forms that no ending
explains (memoranda, дней, اسناد) stand in data/register/word_forms.csv; the vowel that Russian drops (поставок,
поставки) and the last letter that Kazakh voices (көлік, көлігі) follow a rule. A Persian word with a half-space is
indexed by its parts and as one, and its plural ending is not asked for. SQLite ranks by BM25 (FTS5), PostgreSQL by
cover density.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
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
BEGINNING = "*"  # after what a word may begin with; without it the whole word is meant
HALF_SPACE = "\u200c"
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
    return " ".join(_indexed(word, language) for word in _split(text))


def _split(text: str) -> list[str]:
    """Words, folded; of one with half-spaces its parts and, after them, the whole without any."""
    found = []
    for run in text.split() if HALF_SPACE in text else (text,):
        parts = normalise(run).split()
        found += parts
        if HALF_SPACE in run and len(parts) > 1:
            found.append("".join(parts))
    return found


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
def _endings(language: str) -> dict[str, tuple[str, ...]]:
    """Endings of a language by part, the longest first."""
    with (DATA / "register" / "endings.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["part"]: tuple(sorted(filter(None, row["endings"].split("|")), key=lambda each: -len(each)))
            for row in csv.DictReader(file)
            if row["language"] == language
        }


def _kazakh(word: str) -> str:
    """A word without its endings, from its end inwards.

    A single letter is an ending only after a longer stem, and н only after that of the possessive: it would be cut
    from words that merely end in it, and not from their forms.
    """
    for part in ("case", "possessive", "plural"):
        cut = next((e for e in _endings(KAZAKH)[part] if len(e) > 1 and word.endswith(e)), "")
        if len(word) - len(cut) < SHORTEST:
            cut = ""
        if not cut and len(word) > SHORTEST + 1 and _SINGLE[part].search(word):
            cut = word[-1]
        word = word[: len(word) - len(cut)]
    return word


_SINGLE = {
    "case": re.compile("[ыі]н$"),
    "possessive": re.compile("[^аәеоөұүыіиуэюя][ыі]$"),
    "plural": re.compile("(?!)"),
}
_VOICED = dict(zip("кқпгғб", "гғбкқп", strict=True))
_FLEETING = (  # Russian nouns lose the о or е before their last consonant, or have it only without an ending
    (re.compile("([бвгджзйклмнпрстфхцчшщ])[ое]([кц])$"), (r"\1\2",)),
    (re.compile("([бвгджзклмнпрстфхцчшщ])([кц])$"), (r"\1о\2", r"\1е\2")),
    (re.compile("[йь]([кц])$"), (r"е\1",)),
    (re.compile("([аоуэыияюеё])е([кц])$"), (r"\1й\2",)),
)


@cache
def _forms() -> dict[tuple[str, str], tuple[str, ...]]:
    """Stems of a word's other forms, by language and stem."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    with (DATA / "register" / "word_forms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            stems = [stem(normalise(form), row["language"]) for form in row["forms"].split("|")]
            for each in stems:
                known = found.get((row["language"], each), ())
                found[row["language"], each] = tuple(dict.fromkeys((*known, *stems)))
    return found


def _alternatives(word: str, language: str) -> Iterator[str]:
    """What a word is looked for by in one language: beginnings of words, marked so, and whole words."""
    base = stem(word, language)
    yield base + BEGINNING
    if not word.startswith(base):
        yield word + BEGINNING  # documents in other languages hold it as it is written
    for other in _forms().get((language, base), ()):
        yield other + (BEGINNING if language == KAZAKH else "")
    if language == KAZAKH and base[-1] in _VOICED:
        yield base[:-1] + _VOICED[base[-1]] + BEGINNING
    if language == "ru":
        for pattern, others in _FLEETING:
            yield from (pattern.sub(other, base) for other in others if pattern.search(base))


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
    given = _parts(query)
    if not 0 < len(given) <= MOST_WORDS:
        raise InputError(f"search: expected 1 to {MOST_WORDS} words, got {len(given)}.")
    return tuple(
        tuple(
            dict.fromkeys(
                text for word in words for each in languages_of(word) for text in _alternatives(word, each)
            )
        )
        for words in given
    )


def _parts(query: str) -> list[tuple[str, ...]]:
    """Words of a query; a part of one with half-spaces goes with the whole, written as one.

    An ending that stands apart (کشتی ها) is written joined elsewhere, so it is asked for only where nothing else is.
    """
    endings = {*_endings("fa")["noun"]}
    found: list[tuple[str, ...]] = []
    bare: list[tuple[str, ...]] = []
    for run in query.split():
        parts = normalise(run).split()
        whole = ("".join(parts),) if HALF_SPACE in run and len(parts) > 1 else ()
        for number, part in enumerate(parts):
            apart = part in endings and not (whole and number == 0)
            (bare if apart else found).append((part, *whole))
    return found or bare


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
        found = {_indexed(word, each) for word in _split(text) for each in languages_of(word)}
        if all(any(_fits(word, term) for word in found) for term in terms):
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
    both, either, beginning, quote = (
        (" AND ", " OR ", "*", '"') if books.database.kind == "sqlite" else (" & ", " | ", ":*", "'")
    )

    def text(each: str) -> str:
        return f"{quote}{each.removesuffix(BEGINNING)}{quote}{beginning if each.endswith(BEGINNING) else ''}"

    return both.join(f"({either.join(map(text, term))})" for term in terms)


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
    for match in _WORD.finditer(text):
        if any(_fits(_indexed(word, language), wanted) for word in _split(match.group())):
            first, last = max(match.start() - AROUND, 0), min(match.end() + AROUND, len(text))
            return match.start(), " ".join(text[first:last].split())
    return None, ""


_WORD = re.compile(rf"\w+(?:{HALF_SPACE}\w+)*")


def _fits(word: str, alternatives: Sequence[str]) -> bool:
    """Whether an indexed word is one of those looked for, or begins so."""
    return any(
        word.startswith(each[:-1]) if each.endswith(BEGINNING) else word == each for each in alternatives
    )
