"""Names made comparable: one spelling for one name, and a Latin spelling for any script.

The fold is Unicode's NFKC with case folding (Unicode Standard, section 3.13, toNFKC_Casefold), then
the Arabic and Persian forms of one letter unified, every script's digits as 0-9, and punctuation and
white space as single spaces. Transliteration is anyascii's.
"""

from __future__ import annotations

import unicodedata

_ONE_LETTER = {
    "ي": "ی",  # Arabic yeh, as Arabic keyboards write it
    "ى": "ی",  # alef maksura, which looks the same at a word's end
    "ك": "ک",
    "ة": "ه",
    "ۀ": "ه",
    "أ": "ا",
    "إ": "ا",
}
_BREAKS = (
    "\u200b\u200c"  # zero-width space and non-joiner stand between parts of a word: شرکت‌ها is also شرکت ها
)


def normalise(text: str) -> str:
    """A name folded for comparison; folding twice changes nothing more.

    Letters, marks and digits are kept; everything else only separates words. Vowel signs of Arabic
    script go, because Persian writes the same name with and without them.
    """
    # Folding case, composing and dropping characters each can make room for another: until nothing moves.
    while (folded := _folded(text)) != text:
        text = folded
    return text


def _folded(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text.casefold())
    return " ".join("".join(_fold(char) for char in composed).split())


def _fold(char: str) -> str:
    if char in _ONE_LETTER:
        return _ONE_LETTER[char]
    if char in _BREAKS:
        return " "
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Cf" or char == "ـ" or _is_vowel_sign(char):
        return ""
    return char if kind[0] in "LMN" else " "


def _is_vowel_sign(char: str) -> bool:
    return "\u064b" <= char <= "\u0652" or char == "\u0670"


def ascii_digits(text: str) -> str:
    """The text with the digits of every script (``۱۴۰۱``) written 0-9."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def transliterate(text: str) -> str:
    """A spelling in ASCII of a text in any script, as anyascii writes it: ``Қазақстан`` is ``Qazaqstan``."""
    from anyascii import anyascii  # on demand: most runs never transliterate

    return str(anyascii(text))
