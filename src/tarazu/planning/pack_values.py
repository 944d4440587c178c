"""What the commission pack is made of before it has a language: values, phrases, tables, parts and sources.

A sentence is the key of a pattern in data/pack/words.csv with its values; a number keeps its unit and interval, a date
its precision, a country its code. Words of the register carry their language and the translations that are known. So
every language says the same, and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tarazu.register.languages import detect
from tarazu.register.model import Evidence

if TYPE_CHECKING:
    from tarazu.planning.plan import Plan
    from tarazu.register.register import Register


@dataclass(frozen=True, slots=True)
class Usd:
    """US dollars of today's prices, with its 80% interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share 0..1; of growth also below 0 and above 1."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A chance between two ends, in whole percents."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of things: `noun` is a key ``noun.*`` of the word list, which has its plurals; empty for the number."""

    value: float
    noun: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A date, a span or a year, as precisely as the register knows it."""

    text: str


@dataclass(frozen=True, slots=True)
class Land:
    """A country by its code, or a union that has none."""

    code: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the register, in the translation that a table has, else as they are.

    Attributes
    ----------
    kept
        Whether they stay as they are in every language: names of publishers, addresses, ids.
    others
        Their translations, by language.
    """

    text: str
    kept: bool = False
    others: tuple[tuple[str, str], ...] = ()

    @property
    def language(self) -> str:
        """The language that they are written in."""
        return detect(self.text)

    def into(self, language: str) -> str | None:
        """The text in a language; None where it has no translation into it."""
        return self.text if self.language == language else dict(self.others).get(language)


@dataclass(frozen=True, slots=True)
class Translations:
    """A sentence on the words of the register in a pack: how many of them a language has no translation of."""

    texts: tuple[Said, ...] = ()

    def told(self, language: str) -> Phrase:
        """The sentence for a language."""
        foreign = [said for said in self.texts if said.language != language]
        left = [said for said in foreign if said.into(language) is None]
        name = "own" if not foreign else "some" if left else "all"
        return Phrase(f"reading.titles.{name}", {"n": Quantity(len(left)), "all": Quantity(len(foreign))})


@dataclass(frozen=True, slots=True)
class Word:
    """One word or heading of the word list."""

    key: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the word list with its values."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, tuple(self.values.items())))


@dataclass(frozen=True, slots=True)
class Refs:
    """Numbers of sources."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Values one below the other."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Values after one another, with commas."""

    values: tuple[Value, ...]


Value = (
    Usd | Share | Range | Quantity | When | Land | Said | Word | Phrase | Refs | Lines | Listed | Translations
)
SHORT = 8  # rows of a table that is kept on one page
UNKNOWN = Word("unknown")
NONE = Word("none")


@dataclass(frozen=True, slots=True)
class Grid:
    """One table.

    Attributes
    ----------
    heads
        One for each column.
    widths
        Relative widths of the columns.
    empty
        What is said where there are no rows.
    """

    id: str
    caption: Value
    heads: tuple[Value, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Value, ...], ...]
    empty: Value = NONE

    @property
    def short(self) -> bool:
        """Whether it is kept on one page."""
        return len(self.rows) <= SHORT

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.heads) == len(self.widths) for row in self.rows), self.id


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with sentences and tables; `wide` asks for a landscape page."""

    id: str
    sentences: tuple[Value, ...]
    grids: tuple[Grid, ...] = ()
    wide: bool = False

    @property
    def title(self) -> Word:
        """Its heading."""
        return Word(f"part.{self.id}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One source: a publication, or one of our own computations, whose title is a phrase."""

    publisher: str = ""
    url: str = ""
    published: str = ""
    own: Phrase | None = None


@dataclass(frozen=True)
class Pack:
    """The papers of one session.

    Attributes
    ----------
    held
        When the session takes place or took place, as the register knows; None if it does not.
    sources
        Numbered from 1, in the order in which they are first named.
    translations
        Of the words of the register that it shows.
    """

    session: int
    today: date
    register: str
    parties: tuple[str, str]
    held: str | None
    parts: tuple[Part, ...]
    sources: tuple[Entry, ...]
    translations: Translations = Translations()

    @property
    def title(self) -> Phrase:
        """Heading of the whole."""
        home, partner = map(Land, self.parties)
        return Phrase("title", {"home": home, "partner": partner, "session": Quantity(self.session)})

    def part(self, name: str) -> Part:
        """A part by its id."""
        return next(part for part in self.parts if part.id == name)


@dataclass
class Draft:
    """What the parts are written from, and what they leave to the last one: sources and unknowns."""

    register: Register
    plan: Plan | None
    session: int
    today: date
    parties: tuple[str, str]
    unknown: list[Value] = field(default_factory=list)
    _sources: dict[Entry, int] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[Entry, ...]:
        return tuple(self._sources)

    def cite(self, entries: Iterable[Entry]) -> Refs:
        """Numbers of sources in order; each is numbered when it is first named."""
        return Refs(tuple(sorted({self._sources.setdefault(e, len(self._sources) + 1) for e in entries})))

    def evidence(self, found: Iterable[Evidence]) -> Refs:
        """Numbers of what a register's item rests on."""
        named = (Entry(each.publisher, each.source_url, each.published) for each in found if each)
        return self.cite(entry if entry.publisher or entry.url else _UNNAMED for entry in named)

    def row(self, *rows: Mapping[str, Any]) -> Refs:
        """Numbers of the publications of a dossier's rows."""
        return self.cite(
            Entry(row["publisher"], row["source_url"] or "", row["published_date"] or "")
            for row in rows
            if row["publisher"]
        )

    def own(self, key: str) -> Refs:
        """Number of one of our own computations, which names the run."""
        assert self.plan is not None
        q = self.plan.question
        run: dict[str, Value] = {
            "draws": Quantity(q.draws),
            "seed": Quantity(q.seed),
            "regime": Said(q.regime),
        }
        return self.cite([Entry(own=Phrase(key, run))])


_UNNAMED = Entry(own=Phrase("source.unnamed"))


def said(text: str | None) -> Value:
    """Words of the register, or that they are unknown."""
    return Said(text) if text else UNKNOWN


def when(text: str | None) -> Value:
    """A date, or that it is unknown."""
    return When(text) if text else UNKNOWN
