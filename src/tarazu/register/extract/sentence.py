"""A sentence: its tokens, what the word lists say of them, and what rules have found in it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tarazu.register.extract.lexicon import BACKWARD, FACTS, Entry, Hit, Lexicon, Phrase
from tarazu.register.extract.tokens import MARK, NUMBER, SENTENCE, WORD, Token

_STOPS = frozenset(".!?؟;…")
_NO_HITS: Mapping[str, Hit] = {}
_PADDING = 64  # no rule looks that far beyond a token it has
_NO_WORDS, _NONE = [""] * _PADDING, [_NO_HITS] * _PADDING


@dataclass(slots=True)
class Setting:
    """What the rules know of the document around a sentence; the later fields change as it is read."""

    published: date | None
    solar: bool  # a Persian text that reckons by the Solar Hijri calendar
    comma: str  # what a comma before three digits is: "decimal" or "thousands"
    currency: str | None = None  # of the last amount, or of a table's caption
    year: tuple[bool, date, date] | None = None  # the last span named: in which calendar, first and last day
    targets: set[tuple[float, str]] = field(default_factory=set)  # named so far: a second mention restates
    opened: str | None = None  # form of the commitments of a list that a sentence ending in a colon opened
    percent_role: str = "other"  # of the last percentage
    form: str | None = None  # of the document named last
    since_form: int = 0  # sentences since then
    listed: str | None = None  # event of the documents that a sentence announced and a list names
    role: tuple[str, str, str | None] | None = None  # level, words and country of the last office named
    offices: dict[str, tuple[str, str, str | None]] = field(
        default_factory=dict
    )  # the same by the name of a person
    goods: tuple[str, str] | None = (
        None  # direction and rule of the products of a list that a sentence opened
    )
    body: tuple[str, str, tuple[str, ...]] | None = None  # form, words and parties of the last body named
    provider: str | None = None  # form of the document whose provisions a list names


@dataclass(slots=True)
class Found:
    """Something found in a sentence: tokens `first` to `last` (excluded)."""

    kind: str
    rule: str
    first: int
    last: int
    value: dict[str, Any]


@dataclass(slots=True)
class Sentence:
    """Tokens of one sentence with their senses."""

    text: str
    language: str
    tokens: list[Token]
    setting: Setting
    opens: bool = True  # begins a paragraph
    # Words and senses have nothing behind their last token, so far that an index before the first falls there too.
    words: list[str] = field(default_factory=list)
    hits: list[Mapping[str, Hit]] = field(default_factory=list)
    at: dict[str, list[int]] = field(default_factory=dict)  # where each class begins
    ends: dict[int, dict[str, Hit]] = field(
        default_factory=dict
    )  # token after a sense: class, (value, first)
    numbers: list[int] = field(default_factory=list)  # tokens that are figures
    taken: bytearray = field(default_factory=bytearray)
    found: list[Found] = field(default_factory=list)

    def hit(self, index: int, name: str) -> Hit | None:
        """The sense of a class that begins at a token, if any."""
        try:
            return self.hits[index].get(name)
        except IndexError:
            return None

    def before(self, index: int, name: str) -> Hit | None:
        """The sense of a class that ends just before a token: its value and first token."""
        held = self.ends.get(index)
        return held.get(name) if held else None

    def word(self, index: int) -> str:
        """Folded word of a token; empty outside the sentence."""
        try:
            return self.words[index]
        except IndexError:
            return ""

    def unknown(self, index: int) -> bool:
        """Whether no list of figures, places and clauses holds a token's word."""
        return self.hits[index].keys() <= FACTS

    def glued(self, index: int) -> bool:
        """Whether no white space stands between a token and the one before it."""
        return 0 < index < len(self.tokens) and not self.tokens[index].spaced

    def is_number(self, index: int) -> bool:
        return 0 <= index < len(self.tokens) and self.tokens[index].kind == NUMBER

    def is_word(self, index: int) -> bool:
        return 0 <= index < len(self.tokens) and self.tokens[index].kind == WORD

    def is_mark(self, index: int) -> bool:
        return 0 <= index < len(self.tokens) and self.tokens[index].kind == MARK

    def free(self, first: int, last: int) -> bool:
        return not any(self.taken[first:last])

    def add(self, kind: str, rule: str, first: int, last: int, value: dict[str, Any]) -> None:
        self.found.append(Found(kind, rule, first, last, value))

    def take(self, first: int, last: int) -> None:
        """Tokens that belong to something found, so that no other rule of figures reads them again."""
        self.taken[first:last] = b"\1" * (last - first)

    def of(self, *kinds: str) -> list[Found]:
        return [each for each in self.found if each.kind in kinds]


def sentence(
    text: str, language: str, tokens: list[Token], setting: Setting, lexicon: Lexicon, opens: bool
) -> Sentence:
    """A sentence with every sense of its tokens looked up."""
    made = Sentence(text, language, tokens, setting, opens)
    made.taken = bytearray(len(tokens))
    known, entry, at, ends, hits = lexicon.known, lexicon.entry, made.at, made.ends, made.hits
    made.words = [token.word for token in tokens]
    made.words += _NO_WORDS
    for index, token in enumerate(tokens):
        if token.kind == NUMBER:
            made.numbers.append(index)
            hits.append(_NO_HITS)
            continue
        word = token.word
        found = known[word] if word in known else entry(word)
        if found is None:
            hits.append(_NO_HITS)
            continue
        held = _with_phrases(made, index, token, found) if found.phrases else found.plain
        hits.append(held)
        for name in held:
            if name in at:
                at[name].append(index)
            else:
                at[name] = [index]
        for name, value in found.backward:
            # Of two phrases of a class with one end, the longer was seen first: it begins earlier.
            if held[name][1] == 1:
                ends.setdefault(index + 1, {}).setdefault(name, (value, index))
    hits += _NONE
    return made


def _with_phrases(made: Sentence, index: int, token: Token, entry: Entry) -> Mapping[str, Hit]:
    """Senses of a word and of the phrases that it begins here, the longest of each class."""
    following = made.words[index + 1]
    if not entry.loose and following != "-" and following not in entry.followed:
        return entry.plain
    held: dict[str, Hit] = {}
    for phrase in entry.candidates(following):
        name, value = phrase.sense
        if name in held or token.shape < phrase.case:
            continue
        length = _length(made.tokens, index, phrase) if phrase.rest else 1
        if length:
            held[name] = (value, length)
            if name in BACKWARD:
                made.ends.setdefault(index + length, {}).setdefault(name, (value, index))
    return {**entry.plain, **held} if held else entry.plain


def _length(tokens: list[Token], index: int, phrase: Phrase) -> int:
    """Tokens that a phrase takes here, 0 where it does not stand."""
    at = index + 1
    for pattern in phrase.rest:
        if at < len(tokens) and tokens[at].word == "-" != pattern.stem:
            at += 1
        if at >= len(tokens) or not pattern.fits(tokens[at].word, tokens[at].shape):
            return 0
        at += 1
    return at - index


def cut(tokens: list[Token], lexicon: Lexicon) -> Iterator[list[Token]]:
    """Tokens of a paragraph, sentence by sentence."""
    first = 0
    for index, token in enumerate(tokens):
        if (
            token.kind == MARK and token.word in _STOPS and _stops(tokens, index, lexicon)
        ) or index - first >= SENTENCE:
            yield tokens[first : index + 1]
            first = index + 1
    if first < len(tokens):
        yield tokens[first:]


def _stops(tokens: list[Token], index: int, lexicon: Lexicon) -> bool:
    """Whether a mark ends the sentence: not after an abbreviation, unless a capital after a year says so."""
    if index + 1 >= len(tokens):
        return True
    follower = tokens[index + 1]
    if not follower.spaced:
        return False
    if tokens[index].word != "." or not index:
        return True
    previous = tokens[index - 1]
    entry = lexicon.entry(previous.word) if previous.kind == WORD else None
    if entry is not None and "abbreviation" in entry.plain:
        # "in 2023. The" ends a sentence, "400 млн. долл." and «г. Тегеран» do not.
        numbered = index > 1 and tokens[index - 2].kind == NUMBER
        capital = follower.kind == WORD and follower.shape == 1 and len(follower.word) > 1
        return numbered and capital and follower.word not in ("сша", "us")
    if (
        previous.kind == WORD
        and len(previous.word) == 1
        and previous.shape
        and previous.word != previous.word.upper()
    ):
        return False  # an initial: «К. Токаев»; scripts without case have none
    if previous.kind == NUMBER and index == 1:
        return False  # a numbered point: "2. The Parties agreed"
    return follower.kind != WORD or follower.shape > 0
