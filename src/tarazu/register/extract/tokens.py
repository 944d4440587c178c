"""A text cut into tokens, and tokens into sentences, in one pass.

Three kinds of token: numbers (digits of any script with their separators), words and single marks. Every
token knows its span in the text as given; the text is never changed, so that a quote stands where it stands.
A number is at most so many characters, a sentence at most so many tokens: what comes after is a new one, so that
no input makes a rule look back further than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER, WORD, MARK = 0, 1, 2
SENTENCE = 160  # tokens; longer ones are lists or tables without stops

_DIGITS = "0-9۰-۹٠-٩"
_TOKEN = re.compile(
    # Thousands set apart by any space, each group of just three digits; then decimals. Else digits with separators.
    rf"(?P<number>[{_DIGITS}]{{1,3}}(?:[ \u00a0\u2009\u202f\u2007][{_DIGITS}]{{3}}){{1,4}}(?![{_DIGITS}])"
    rf"(?:[.,٫][{_DIGITS}]+)?"
    rf"|[{_DIGITS}]+(?:[.,٫٬،'’][{_DIGITS}]+)*)"
    r"|(?P<word>[^\W\d_]+(?:[\u064b-\u0652\u0654\u0670\u0301]+[^\W\d_]*)*)"
    r"|(?P<mark>[^\s\u200c\u200e\u200f\u00ad])"
)
_FOLD = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "أ": "ا",
        "إ": "ا",
        "ё": "е",
        "‑": "-",
        "–": "-",
        "—": "-",
        "−": "-",
    }
    | dict.fromkeys("ًٌٍَُِّْٰٔـ́")
)
_ASCII = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


_DASHES = dict.fromkeys("‑–—−", "-")
_SEEN: dict[str, tuple[str, int]] = {}  # folded word and shape of words met before
_KEPT = 50_000


def fold(word: str) -> str:
    """Spelling under which a word is looked up."""
    return word.lower().translate(_FOLD).replace("آ", "ا")


@dataclass(slots=True)
class Token:
    """One token; `word` is folded, digits of a number are 0-9."""

    kind: int
    start: int
    end: int
    word: str
    shape: int  # of words: 0 lower case, 1 capital first, 2 capitals throughout; scripts without case are 2
    spaced: bool  # white space, or the text's beginning, stands before it


def _shape(text: str) -> int:
    if text[0] == text[0].lower() != text[0].upper():
        return 0
    return 2 if text == text.upper() else 1


def tokens(text: str, start: int, end: int) -> list[Token]:
    """Tokens of a stretch of text."""
    out: list[Token] = []
    append = out.append
    before = -1
    if len(_SEEN) > _KEPT:
        _SEEN.clear()
    for match in _TOKEN.finditer(text, start, end):
        first, last = match.span()
        piece = match.group()
        group = match.lastindex
        if group == 2:
            known = _SEEN.get(piece)
            if known is None:
                known = _SEEN[piece] = (fold(piece), _shape(piece))
            append(Token(WORD, first, last, known[0], known[1], first != before))
        elif group == 1:
            append(Token(NUMBER, first, last, piece.translate(_ASCII), 0, first != before))
        else:
            append(Token(MARK, first, last, _DASHES.get(piece, piece), 0, first != before))
        before = last
    return out
