"""The language of a text: English, Russian, Kazakh or Persian.

The script tells English and Persian; Cyrillic is Kazakh where the nine letters that Russian lacks are
frequent enough (in Kazakh prose about one letter in seven), else Russian. Other languages of these
scripts are read as the nearest of the four.
"""

from __future__ import annotations

LANGUAGES = ("en", "ru", "kk", "fa")

_SAMPLE = 20_000  # characters; a language shows itself sooner
_KAZAKH = "әғқңөұүһіӘҒҚҢӨҰҮҺІ"
_KAZAKH_SHARE = 0.03  # of Cyrillic letters: names of Kazakh places in a Russian text stay below
_CLASSES = str.maketrans(
    {chr(code): "a" for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))}
    | {chr(code): "c" for code in range(0x400, 0x500)}
    | {chr(code): "p" for code in (*range(0x620, 0x660), *range(0x66E, 0x6D4))}
    | dict.fromkeys(_KAZAKH, "k")
)


def detect(text: str) -> str:
    """The language in which most of a text is written: ``en``, ``ru``, ``kk`` or ``fa``."""
    marks = text[:_SAMPLE].translate(_CLASSES)
    latin, persian, kazakh = marks.count("a"), marks.count("p"), marks.count("k")
    cyrillic = marks.count("c") + kazakh
    if persian > max(latin, cyrillic):
        return "fa"
    if cyrillic > latin:
        return "kk" if kazakh > _KAZAKH_SHARE * cyrillic else "ru"
    return "en"
