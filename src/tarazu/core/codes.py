"""Codes of countries, currencies, products and places, checked against their lists.

Countries are those of ISO 3166-1 in force, named as Unicode's CLDR names them (through babel) in any
language. Currencies are those of ISO 4217 that are legal tender somewhere. Products are codes of the
Harmonized System with the revision they belong to. Places are UN/LOCODEs (UNECE Recommendation 16).
Only the form of a product or place is checked, not whether the list holds it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

from tarazu.core import hs
from tarazu.core.errors import UnknownCodeError
from tarazu.core.names import ascii_digits, normalise, transliterate

NAME_LANGUAGES = ("en", "ru", "kk", "fa")  # in which `country` reads names

# CLDR's aliases from alpha-3 to alpha-2 hold more than ISO 3166-1 in force. What goes: codes that ISO
# leaves to users (AA, QM-QZ, XA-XZ, ZZ), exceptional reservations, and codes withdrawn from the standard
# that point to one country of today.
_USER_ASSIGNED = re.compile(r"^(AA|Q[M-Z]|X[A-Z]|ZZ)")
_RESERVED = {"ASC", "CPT", "DGA", "TAA"}
_WITHDRAWN = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}

# ISO 4217 exponents of legal tender, where not 2. Not from babel: CLDR gives the digits in common use, none
# for IRR and IQD, where ISO 4217, and so a payment message, has 2 and 3.
_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_SCALES = {code: scale for scale, codes in _EXPONENTS.items() for code in codes.split()}

HS_REVISIONS = ("HS92", "HS96", "HS02", "HS07", "HS12", "HS17", "HS22")
_CHAPTER_RESERVED = "77"  # kept by the Harmonized System for future use
_PLACE = re.compile(r"^([A-Z]{2}) ?([A-Z2-9]{3})$")


@dataclass(frozen=True, slots=True, order=True)
class Country:
    """A country or territory of ISO 3166-1."""

    alpha2: str
    alpha3: str

    def __str__(self) -> str:
        return self.alpha3

    def name(self, lang: str = "en") -> str:
        """Name in a language, by its code (``en``, ``ru``, ``kk``, ``fa``, …).

        Raises
        ------
        UnknownCodeError
            If babel has no such language.
        """
        return _territories(lang)[self.alpha2]


@cache
def countries() -> tuple[Country, ...]:
    """Every country and territory of ISO 3166-1, by alpha-3 code."""
    from babel.core import get_global  # on demand: most commands start without it

    found = []
    for alpha3, targets in get_global("territory_aliases").items():
        if len(alpha3) != 3 or not alpha3.isalpha() or len(targets) != 1:
            continue
        if alpha3 not in _RESERVED | _WITHDRAWN and not _USER_ASSIGNED.match(alpha3):
            found.append(Country(targets[0], alpha3))
    return tuple(sorted(found, key=lambda each: each.alpha3))


def country(text: str) -> Country:
    """A country from its alpha-2 or alpha-3 code, or its name in English, Russian, Kazakh or Persian.

    Case, punctuation and letter variants do not matter; a name may be spelled in Latin letters
    (``Turkiye``, ``Qazaqstan``).

    Raises
    ------
    UnknownCodeError
        If no country has this code or name; the message offers the nearest.
    """
    code = text.strip().upper()
    if code in _by_code():
        return _by_code()[code]
    name = normalise(text)
    found = _by_name().get(name) or _by_latin().get(_latin(name))
    if found:
        return found
    hint = " or ".join(f"{each.name()} ({each.alpha3})" for each in _nearest(code, name))
    raise UnknownCodeError(
        f'"{text}" is not a country of ISO 3166: '
        + (f"did you mean {hint}?" if hint else "write a code such as KAZ, or a name such as Kazakhstan.")
    )


@cache
def _territories(lang: str) -> dict[str, str]:
    from babel.core import Locale, UnknownLocaleError

    try:
        names = dict(Locale.parse(lang.replace("-", "_")).territories)
    except (UnknownLocaleError, ValueError):
        raise UnknownCodeError(
            f'"{lang}" is not a language with country names: write en, ru, kk, fa or another ISO 639 code.'
        ) from None
    return names if lang == "en" else {**_territories("en"), **names}


@cache
def _by_code() -> dict[str, Country]:
    return {code: each for each in countries() for code in (each.alpha2, each.alpha3)}


@cache
def _by_name() -> dict[str, Country]:
    """Normalised names in all languages; a remark in brackets may be left out (``Myanmar (Burma)``)."""
    full = [(each.name(lang), each) for lang in NAME_LANGUAGES for each in countries()]
    short = [(name.partition("(")[0], each) for name, each in full]
    # A full name wins over a shortened one; a spelling that fits two countries fits none.
    return _unambiguous([*short, *full]) | _unambiguous(full)


def _unambiguous(named: list[tuple[str, Country]]) -> dict[str, Country]:
    owners: dict[str, set[Country]] = {}
    for name, each in named:
        owners.setdefault(normalise(name), set()).add(each)
    return {name: found.pop() for name, found in owners.items() if len(found) == 1}


@cache
def _by_latin() -> dict[str, Country]:
    return _unambiguous([(_latin(name), each) for name, each in _by_name().items()])


def _latin(name: str) -> str:
    return normalise(transliterate(name))


def _nearest(code: str, name: str) -> list[Country]:
    """At most three countries that the writer may have meant."""
    from babel.core import get_global

    target = get_global("territory_aliases").get(code, [])
    if len(target) == 1 and target[0] in _by_code():  # UK, and codes withdrawn from the standard
        return [_by_code()[target[0]]]
    if len(code) == 3 and code.isascii():
        swapped = [each for each in countries() if sorted(each.alpha3) == sorted(code)]
        return (swapped or [each for each in countries() if each.alpha3[:2] == code[:2]])[:3]
    latin = _latin(name)
    shared = [found for word in latin.split() if (found := _sharing(word))]
    if shared:  # "Iran, Islamic Republic of": the word that fewest countries share says most
        return min(shared, key=len)[:3]
    if len(latin) < 4:  # anything is near to two letters
        return []
    close = difflib.get_close_matches(latin, _by_latin(), n=6, cutoff=0.6)
    return list(dict.fromkeys(_by_latin()[match] for match in close))[:3]


def _sharing(word: str) -> list[Country]:
    """Countries with a word in their name that begins with this one, or with which this one begins."""
    found = {
        each: None  # a set that keeps its order
        for name, each in _by_latin().items()
        for part in name.split()
        if min(len(part), len(word)) > 3 and (part.startswith(word) or word.startswith(part))
    }
    return list(found)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of ISO 4217; `scale` is the number of decimals of its minor unit."""

    code: str
    scale: int

    def __str__(self) -> str:
        return self.code


@cache
def _tender() -> frozenset[str]:
    from babel.core import get_global

    territories = get_global("territory_currencies").values()
    return frozenset(code for uses in territories for code, _, end, tender in uses if tender and not end)


def currency(code: str) -> Currency:
    """A currency in use, from its three letters.

    Raises
    ------
    UnknownCodeError
        If no country uses a currency of this code.
    """
    upper = code.strip().upper()
    if upper not in _tender():
        raise UnknownCodeError(
            f'"{code}" is not a currency in use: write an ISO 4217 code such as USD, KZT or IRR.'
        )
    return Currency(upper, _SCALES.get(upper, 2))


@dataclass(frozen=True, slots=True)
class Product:
    """A code of the Harmonized System: chapter (2 digits), heading (4) or subheading (6)."""

    code: str
    revision: str

    def __str__(self) -> str:
        return self.code

    @property
    def digits(self) -> int:
        """2, 4 or 6."""
        return len(self.code)

    @property
    def chapter(self) -> str:
        """The first two digits."""
        return self.code[:2]


def product(text: str, revision: str = "HS22") -> Product:
    """A product from its code, points and spaces allowed (``1001.99``).

    Parameters
    ----------
    revision
        Edition of the Harmonized System, ``HS92`` to ``HS22``: one code can mean different goods in two.

    Raises
    ------
    UnknownCodeError
        If the text is not one code of 2, 4 or 6 digits in chapters 01 to 99, or the revision does not exist.
    """
    if revision not in HS_REVISIONS:
        raise UnknownCodeError(f'"{revision}" is not an HS revision: write one of {", ".join(HS_REVISIONS)}.')
    code = ascii_digits(text).replace(".", "").replace(" ", "")
    if code.isdecimal() and len(code) > 6:
        raise UnknownCodeError(
            f'"{text}": an HS code has at most 6 digits; further digits are national tariff lines.'
        )
    if not code.isdecimal() or code.startswith(("00", _CHAPTER_RESERVED)):
        raise UnknownCodeError(
            f'"{text}" is not one HS code: write 2, 4 or 6 digits, such as 10, 1003 or 100199.'
        )
    hs.spans(code)
    return Product(code, revision)


@dataclass(frozen=True, slots=True)
class Place:
    """A UN/LOCODE without its space: country (2 letters) and location (3 letters or digits 2-9)."""

    code: str

    def __str__(self) -> str:
        return self.code

    @property
    def country(self) -> Country:
        """The country the place is in."""
        return _by_code()[self.code[:2]]

    @property
    def location(self) -> str:
        """The three characters of the location."""
        return self.code[2:]


def place(text: str) -> Place:
    """A place from its UN/LOCODE: ``KZAAU`` or ``KZ AAU``.

    Raises
    ------
    UnknownCodeError
        If the text has not this form, or the country does not exist.
    """
    match = _PLACE.match(text.strip().upper())
    if not match or match[1] not in _by_code():
        raise UnknownCodeError(
            f'"{text}" is not a UN/LOCODE: write two letters of the country and three of the place: KZAAU.'
        )
    return Place(match[1] + match[2])
