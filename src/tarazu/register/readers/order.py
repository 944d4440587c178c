"""From the order in which a line is seen to the order in which it is read, for lines with right-to-left letters.

The Unicode bidirectional algorithm (Unicode Standard Annex 9) says how a line that is read so is shown; this is the
way back, as far as it is certain. A line of mostly Persian is read from the right: it is turned round, and what runs
left to right in it is turned back, namely words of other scripts with the figures beside them, and numbers with the
signs that belong to them (. , / : ٫ ٬ between digits; a dash or a sign of per cent does not). Brackets are seen
mirrored. In a line of mostly other letters the Persian stretches alone are turned.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_RIGHT = "\u0590-\u05ff\u0600-\u0605\u0608\u060b\u060d-\u064a\u066d-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u200c"
_DIGIT = "0-9٠-٩۰-۹"
_LETTERS = re.compile(f"[{_RIGHT}]")
_NUMBER = rf"[{_DIGIT}](?:[{_DIGIT}]|[.,/:٫٬،](?=[{_DIGIT}]))*"
# A word of another script, with all that goes on in it: what stands between two such words runs with them, and a
# figure behind one with its signs.
_WORD = rf"[^\W\d_{_RIGHT}]+"
_APART = rf"\([^()\n{_RIGHT}]*\)"
_LEFT = re.compile(
    rf"[$€£₸#+]?(?:{_NUMBER}[-–/]?)?{_WORD}(?:(?:[^\n{_RIGHT}(){{}}\[\]]|{_APART})*(?:{_WORD}|[{_DIGIT}][%٪$€]?|{_APART}))?|{_NUMBER}"
)
_STRETCH = re.compile(f"[{_RIGHT}](?:[^A-Za-zА-Яа-яЁё\n]*[{_RIGHT}])?")
_MIRROR = str.maketrans("()[]{}«»‹›<>", ")(][}{»«›‹><")
_MAGNITUDE = re.compile(
    r"((?:thousand|million|billion|trillion|percent|tonnes|tons)\b.*?)(\s+)([0-9][0-9.,]*)([$€£]?)$"
)
_FOUR = re.compile(rf"(?<![{_DIGIT}])[{_DIGIT}]{{4}}(?![{_DIGIT}])")


def has_right(text: str) -> bool:
    """Whether a text has letters that are written from the right."""
    return _LETTERS.search(text) is not None


def is_right(text: str) -> bool:
    """Whether most letters of a text are written from the right."""
    right = len(_LETTERS.findall(text))
    return right > sum(char.isalpha() for char in text) - right


def read(seen: str, right: bool) -> str:
    """A line as it is read, from the line as it is seen from the left.

    Parameters
    ----------
    right
        Whether the page is written from the right: decides for lines that have letters of both kinds.
    """
    if not has_right(seen):
        # A row of figures alone runs from the right as its page does; each figure from the left.
        figures = right and not any(map(str.isalpha, seen))
        return " ".join(reversed(seen.split())) if figures else seen
    if right or not re.search(_WORD, seen):
        return _turned(seen).strip()
    return _STRETCH.sub(lambda stretch: _turned(stretch[0]), seen)


def _turned(seen: str) -> str:
    """A stretch read from the right."""
    out, end = [], len(seen)
    for run in reversed(list(_LEFT.finditer(seen))):
        out += [seen[run.end() : end][::-1].translate(_MIRROR), _figure_first(run[0])]
        end = run.start()
    return "".join([*out, seen[:end][::-1].translate(_MIRROR)])


def _figure_first(run: str) -> str:
    # "3.2 billion USD" behind Persian is seen with its figure at the right; no phrase begins with "billion".
    held = _MAGNITUDE.match(run)
    return held.expand(r"\4\3\2\1") if held else run


def plain_letters(text: str) -> str:
    """A text with the letters of its presentation forms, by which words can be compared."""
    return unicodedata.normalize("NFKC", text)


def spelling(texts: Sequence[str], common: Sequence[str]) -> tuple[int, int]:
    """How many common words stand forwards and how many backwards in texts."""
    words_of = Counter(word for text in texts for word in re.findall(r"\w+", plain_letters(text)))
    return sum(words_of[word] for word in common), sum(words_of[word[::-1]] for word in common)


def years(texts: Sequence[str]) -> tuple[int, int]:
    """How many figures of four digits are years as they stand, and how many only from their other end."""
    found = [int(each) for text in texts for each in _FOUR.findall(text)]
    turned = [int(str(each).zfill(4)[::-1]) for each in found]
    return sum(map(_is_year, found)), sum(
        _is_year(back) and not _is_year(each) for each, back in zip(found, turned, strict=True)
    )


def _is_year(number: int) -> bool:
    return 1350 <= number < 1450 or 1950 <= number < 2060
