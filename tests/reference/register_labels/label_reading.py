"""The labelled documents: reading them, and checking every label against the text it marks.

A document is a text file: a header of ``key: value`` lines, a line ``---``, and the text with its labels in place,

    {target 3e9 USD 2030|bring trade to {amount 3e9 USD|$3 billion} by {date 2030|2030}}

so that a quote cannot drift from its place: taking the marks away gives the text, and the place of each mark is
the label's span. Labels nest and may share a span; they never cross. A question mark before the kind makes a label
optional (neither found nor missed). Values are written as docs/register-quality.md says; several right readings are
joined by ``or``.
"""

from __future__ import annotations

import calendar
import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tarazu.core import period

FOLDER = Path(__file__).parent / "documents"
FACTS = Path(__file__).parent / "development_facts.csv"  # sentences for rules that the documents hardly use
MORE = Path(__file__).parent / "development_more"  # by a second author, for development whatever their hash
LANGUAGES = ("en", "ru", "kk", "fa")
KINDS = (
    "amount", "percentage", "quantity", "date", "target", "commitment", "instrument", "visit", "product",
)  # fmt: skip
ROLES = ("growth", "decline", "share", "rate", "other")
BOUNDS = {"~": "about", ">": "at_least", "<": "at_most"}
FORMS = {
    "commitment": ("obligation", "offer", "study"),
    "instrument": (
        "agreement", "protocol", "memorandum", "action_plan", "minutes", "declaration", "contract", "convention",
        "any",  # "five documents"
    ),
    "visit": ("head_of_state", "head_of_government", "deputy_head", "minister", "deputy_minister", "other"),
}  # fmt: skip
EVENTS = ("signed", "planned", "ratified", "in_force", "negotiated", "ended")

_MARK = re.compile(r"\{(\??)([a-z]+) ?([^|{}]*)\|")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e\d+)?$")


class LabelError(ValueError):
    """A document or label that is not written as it should be."""


@dataclass(frozen=True, slots=True)
class Number:
    """A figure as stated: bounds of a range, or one value and how it is bounded."""

    low: float
    high: float
    bound: str  # exact about at_least at_most range


@dataclass(frozen=True, slots=True)
class Span:
    """Days from start to end; no start is "by the end of …", where only the deadline is stated."""

    start: date | None
    end: date
    precision: str


@dataclass(frozen=True, slots=True)
class Label:
    """One mark: what it is, where it stands, what it means."""

    kind: str
    start: int
    end: int
    quote: str
    optional: bool = False
    number: Number | None = None
    unit: str = ""  # currency of amounts, unit of quantities and targets, role of percentages
    spans: tuple[Span, ...] = ()  # right readings of a date, or the due date of a target
    forms: tuple[str, ...] = ()  # right forms, or levels of a visit
    events: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # HS codes of two or four digits, any of which is right


@dataclass(frozen=True, slots=True)
class Document:
    """A text as a program gets it, and what a reader marks in it."""

    name: str
    language: str
    published: date
    text: str
    labels: tuple[Label, ...]
    countries: frozenset[str]  # every country named in the text
    places: tuple[tuple[str, str], ...] = field(default=())  # as written, and the country
    author: str = "first"

    @property
    def half(self) -> str:
        """`development` or `test`, by the SHA-256 of the name: nobody chooses. The second author's all develop."""
        if self.author == "second":
            return "development"
        return "test" if hashlib.sha256(self.name.encode()).digest()[0] % 2 else "development"


def documents(folders: Sequence[Path] = (FOLDER, MORE)) -> tuple[Document, ...]:
    """All labelled documents, each verified."""
    return tuple(document(path) for folder in folders for path in sorted(folder.glob("*.txt")))


def document(path: Path) -> Document:
    """One labelled document."""
    head, mark, body = path.read_text("utf-8").partition("\n---\n")
    if not mark:
        raise LabelError(f"{path.name}: no line --- between header and text")
    header = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in head.split("\n"))
    }
    if header["id"] != path.stem or header["language"] not in LANGUAGES:
        raise LabelError(f"{path.name}: header {header} does not fit the file's name or the languages")
    text, labels = unmarked(body.strip("\n"), path.name)
    if unicodedata.normalize("NFC", text) != text:
        raise LabelError(f"{path.name}: text is not in Unicode's normal form C")
    places = tuple(
        _place(part, text, path.name) for part in header.get("places", "").split(";") if part.strip()
    )
    return Document(
        name=header["id"],
        language=header["language"],
        published=date.fromisoformat(header["published"]),
        text=text,
        labels=labels,
        countries=frozenset(header["countries"].split()),
        places=places,
        author="second" if path.parent.name == MORE.name else "first",
    )


@dataclass(frozen=True, slots=True)
class Sentences:
    """A few sentences, and what a reader finds in them by the rules that are measured on them."""

    language: str
    text: str
    found: tuple[Mapping[str, object], ...]  # kind, and what the value must hold


def sentences(path: Path = FACTS) -> tuple[Sentences, ...]:
    """The sentences written for rules of sessions, bodies, memberships, openings, provisions and lists."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return tuple(Sentences(row["language"], row["text"], tuple(json.loads(row["found"]))) for row in rows)


def unmarked(marked: str, where: str = "text") -> tuple[str, tuple[Label, ...]]:
    """Text without its marks, and the labels, each of which stands exactly where its span says."""
    out: list[str] = []
    opened: list[tuple[str, str, bool, int]] = []
    labels: list[Label] = []
    at = length = 0
    while at < len(marked):
        if marked[at] == "{":
            found = _MARK.match(marked, at)
            if not found:
                raise LabelError(f"{where}: unreadable mark {marked[at : at + 40]!r}")
            opened.append((found[2], found[3], bool(found[1]), length))
            at = found.end()
        elif marked[at] == "}":
            if not opened:
                raise LabelError(f"{where}: mark closed but never opened before {marked[at : at + 40]!r}")
            kind, value, optional, start = opened.pop()
            labels.append(_label(kind, value, optional, start, "".join(out)[start:length], where))
            at += 1
        else:
            out.append(marked[at])
            length += 1
            at += 1
    if opened:
        raise LabelError(f"{where}: mark {opened[-1][:2]} is never closed")
    text = "".join(out)
    for label in labels:
        if not label.quote.strip() or text[label.start : label.end] != label.quote:
            raise LabelError(f"{where}: {label.quote!r} does not stand at {label.start}-{label.end}")
    return text, tuple(sorted(labels, key=lambda each: (each.start, each.end, each.kind)))


def _label(kind: str, value: str, optional: bool, start: int, quote: str, where: str) -> Label:
    place = {"kind": kind, "start": start, "end": start + len(quote), "quote": quote, "optional": optional}
    words = value.split()
    try:
        return Label(**place, **_value(kind, words))  # type: ignore[arg-type]
    except (LabelError, ValueError, IndexError) as problem:
        raise LabelError(f"{where}: {{{kind} {value}|{quote}}}: {problem}") from None


def _value(kind: str, words: list[str]) -> dict[str, object]:
    if kind in ("amount", "quantity"):
        _require(len(words) == 2, "a figure and its unit are needed")
        return {"number": number(words[0]), "unit": words[1]}
    if kind == "percentage":
        _require(words[1] in ROLES, f"role is one of {ROLES}")
        return {"number": number(words[0]), "unit": words[1]}
    if kind == "target":
        return {"number": number(words[0]), "unit": words[1], "spans": spans(" ".join(words[2:]))}
    if kind == "date":
        _require(bool(words), "a date is needed")
        return {"spans": spans(" ".join(words))}
    if kind == "product":
        _require(all(re.fullmatch(r"\d\d(\d\d)?", word) for word in words), "HS codes have 2 or 4 digits")
        return {"codes": tuple(words)}
    _require(kind in FORMS, f"kind is one of {KINDS}")
    forms = _among(words[0], FORMS[kind])
    if kind != "instrument":
        return {"forms": forms}
    count = number(words[2]) if len(words) > 2 else Number(1, 1, "exact")
    return {"forms": forms, "events": _among(words[1], EVENTS), "number": count}


def _among(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(word.split("/"))
    _require(set(chosen) <= set(known), f"{word} is none of {known}")
    return chosen


def number(text: str) -> Number:
    """A figure: ``3e9``, ``~3e9``, ``>3e9``, ``<3e9`` or ``2e9..3e9``."""
    bound = BOUNDS.get(text[:1], "exact")
    low, _, high = text.lstrip("".join(BOUNDS)).partition("..")
    for part in (low, high or low):
        _require(bool(_NUMBER.match(part)), f"{text!r} is not a figure")
    return Number(float(low), float(high or low), "range" if high else bound)


def spans(text: str) -> tuple[Span, ...]:
    """Right readings of a date, joined by ``or``.

    A day, month, quarter, half or year: ``2023-04-26``, ``2023-04``, ``2023-Q1``, ``2023-H1``, ``2023``; from one to
    another ``2023-01..2023-06``; ``season 2024-07..2025-06``; ``..2026`` its last day, as a deadline; with ``sh:`` in
    the Solar Hijri calendar.
    """
    return tuple(_span(part.strip()) for part in text.split(" or ") if part.strip())


def _span(text: str) -> Span:
    precision = "season" if text.startswith("season ") else ""
    low, dots, high = text.removeprefix("season ").partition("..")
    if not dots:
        start, end, written = _point(low)
        return Span(start, end, precision or written)
    last = _point(high)[1]
    if not low:
        return Span(None, last, "")
    first = _point(low)[0]
    _require(first <= last, f"{text} ends before it begins")
    return Span(first, last, precision or "span")


def _point(text: str) -> tuple[date, date, str]:
    solar = text.startswith("sh:")
    found = re.fullmatch(r"(\d{4})(?:-(?:([QH])(\d)|(\d\d)(?:-(\d\d))?))?", text.removeprefix("sh:"))
    if not found:
        raise LabelError(f"{text!r} is not a date")
    year, letter, part, month, day = found.groups()
    if day:
        build = period.solar_day if solar else period.day
        written = build(int(year), int(month), int(day))
        return written.start, written.end, "day"
    step = {"Q": 3, "H": 6}.get(letter, 1 if month else 12)
    last = int(part) * step if letter else int(month or 12)
    first = last - step + 1
    precision = {"Q": "quarter", "H": "half"}.get(letter, "month" if month else "year")
    if solar:
        written = period.solar_span(int(year), first, last)
        return written.start, written.end, precision
    return (
        date(int(year), first, 1),
        date(int(year), last, calendar.monthrange(int(year), last)[1]),
        precision,
    )


def _place(part: str, text: str, where: str) -> tuple[str, str]:
    name, _, country = part.strip().partition("=")
    if name not in text or not re.fullmatch("[A-Z]{3}", country):
        raise LabelError(f"{where}: place {part.strip()!r} does not stand in the text or names no country")
    return name, country


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise LabelError(message)
