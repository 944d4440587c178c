"""Goods named in text, with the headings and chapters of the Harmonized System that cover them.

The names stand in ``data/register/glossary.csv``, our own list in four languages of what the dossier trades
and its neighbours do. A word for goods inside the name of an authority is no mention of goods.
"""

from __future__ import annotations

from tarazu.register.extract.names import bare
from tarazu.register.extract.sentence import Sentence

_BULLETS = frozenset(["-", "•", "*", "·", "▪", "◦", "‣", "►"])
_TO = frozenset(["to", "в", "во", "به"])
_FROM = frozenset(["from", "из", "از"])
_DATIVE, _ABLATIVE = ("ға", "ге", "қа", "ке"), ("нан", "нен", "дан", "ден", "тан", "тен")
_NAME = 6  # words of goods that a list names and no word list has


def read_products(s: Sentence, pair: tuple[str, ...]) -> None:
    """Every product of a sentence, the longest name first; those of a list go the way that its head says."""
    listed = s.word(0) in _BULLETS or (s.is_number(0) and s.opens)
    if not listed:
        s.setting.goods = None
    head = _head(s, pair)
    end = 0
    for index in s.at.get("product", ()):
        codes, length = s.hits[index]["product"]
        if index < end or _inside_name(s, index) or _unit_here(s, index):
            continue
        end = index + length
        direction, rule = _direction(s, index, pair), "product-word"
        if direction is None and (told := head or s.setting.goods) is not None:
            direction, rule = told
        value = {
            "name": s.text[s.tokens[index].start : s.tokens[end - 1].end],
            "hs": codes.split(";"),
            "direction": direction,
        }
        s.add("product", rule, index, end, value)
    if (
        listed
        and s.setting.goods
        and not s.of("product")
        and 1 < len(s.tokens) <= _NAME + 1
        and not s.numbers
    ):
        last = len(s.tokens) - (s.is_mark(len(s.tokens) - 1))
        name = s.text[s.tokens[1].start : s.tokens[last - 1].end]
        s.add(
            "product",
            "product-list-named",
            1,
            last,
            {"name": name, "hs": [], "direction": s.setting.goods[0]},
        )
    if head is not None and s.word(len(s.tokens) - 1) == ":":
        s.setting.goods = head


def _head(s: Sentence, pair: tuple[str, ...]) -> tuple[str, str] | None:
    """Direction and rule of the goods of a sentence: who sells to whom, by the verb or noun of trade and the countries.

    "A imports to B" names the buyer and says the opposite with its preposition: the verb is believed, with doubt.
    """
    names = [name for name in ("exports_to", "imports_from") if name in s.at]
    opens = s.word(len(s.tokens) - 1) == ":"
    if len(names) != 1 or len(pair) < 2:
        return None
    at, exports = s.at[names[0]][0], names[0] == "exports_to"
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    told: dict[str, str] = {}
    for each in s.of("party"):
        code = each.value["country"]
        if code in other:
            told.setdefault(_case(s, each.first, each.last), code)
    subject, into, out_of = told.get(""), told.get("to"), told.get("from")
    seller = (
        out_of
        or (subject if exports else None)
        or (other.get(into or "") if exports or not subject else None)
    )
    buyer = (subject if not exports else None) or into or other.get(seller or "")
    seller = seller or other.get(buyer or "")
    if seller is None or buyer is None or seller == buyer or not (opens or (into if exports else out_of)):
        return None
    if (
        not opens
        and min((index for index in s.at.get("product", ())), default=at) < at
        and s.language in ("en", "ru")
    ):
        return None
    slip = not exports and subject is not None and into not in (None, subject)
    return f"{seller}->{buyer}", "product-list-doubtful" if slip else "product-list"


def _case(s: Sentence, first: int, last: int) -> str:
    """Whether a country is where goods go to, where they come from, or neither: by preposition or case."""
    if s.language == "kk":
        word = s.word(last - 1)
        if bare(word):
            return ""
        return "to" if word.endswith(_DATIVE) else "from" if word.endswith(_ABLATIVE) else ""
    led = _led(s, first)
    return "to" if led in _TO else "from" if led in _FROM else ""


def _led(s: Sentence, first: int) -> str:
    """The preposition before a country, over an article."""
    return s.word(first - 1) if s.word(first - 1) != "the" else s.word(first - 2)


def _inside_name(s: Sentence, index: int) -> bool:
    """Whether a word is part of an authority's name, a place, or a word of another meaning."""
    for at in range(max(0, index - 5), index + 1):
        for name in ("body", "role", "agent"):
            if (held := s.hit(at, name)) and at < index < at + held[1]:
                return True
    if any(
        (held := s.hit(at, "not_product")) and at + held[1] > index
        for at in range(max(0, index - 3), index + 1)
    ):
        return True
    if any(s.hit(index, name) for name in ("city", "worth", "currency")):
        return True
    if s.hit(index, "form"):  # papers that are signed, and what exists on paper
        return bool(s.at.get("event")) or s.word(index - 1) in ("on", "на")
    if s.word(index) == "telephone" and (
        s.word(index + 1) == ":" or s.word(index - 1) in ("by", "a", "the", "via")
    ):
        return True
    if s.word(index - 1) == "-" and s.word(index - 2) == "non":
        return True  # non-oil trade
    if s.word(index).startswith("لول") and s.word(index - 1) == "خط":
        return True  # a pipeline
    return (
        s.word(index) == "ماهی" and s.is_number(index + 1) and s.hit(index + 2, "magnitude") is not None
    )  # "a month", not fish


def _unit_here(s: Sentence, index: int) -> bool:
    """Wagons and cars that are counted are what carries goods, not goods."""
    return any(
        each.first <= index < each.last and each.last - each.first > 1 for each in s.of("quantity")
    ) and bool(s.hit(index, "unit") or s.hit(index, "count"))


def _direction(s: Sentence, index: int, pair: tuple[str, ...]) -> str | None:
    """Who sells to whom, where the words beside the product say it."""
    if len(pair) < 2:
        return None
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    if (held := s.before(index, "country")) and held[0] in other:
        return f"{held[0]}->{other[held[0]]}"
    for name in ("exports_to", "imports_from"):
        for at in s.at.get(name, ()):
            if abs(at - index) > 8:
                continue
            for near in range(at, min(len(s.tokens), max(at, index) + 6)):
                named = s.hit(near, "country")
                if named and named[0] in other and s.word(near - 1) in ("to", "в", "به"):
                    return f"{other[named[0]]}->{named[0]}"
                if named and named[0] in other and s.word(near - 1) in ("from", "из", "از"):
                    return f"{named[0]}->{other[named[0]]}"
    return None
