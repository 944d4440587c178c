"""Text that was decoded wrongly once and saved so: «РЎС‚РѕСЂРѕРЅС‹» where «Стороны» stood.

UTF-8 is so strict that other text hardly ever happens to be it. So the characters are turned back to bytes by each of
the encodings of the region; if nearly all of those are UTF-8, the text was UTF-8 before somebody read it otherwise.
It is not turned back here: such a reading loses letters (windows-1251 has no sign for one byte of «И»).
"""

from __future__ import annotations

from tarazu.core.checks import Check
from tarazu.register.readers.content import limit, share

_READ_AS = {"cp1251": "windows-1251", "cp1252": "windows-1252", "cp1256": "windows-1256", "koi8_r": "KOI8-R"}
_SAMPLE = 20_000  # characters; a wrong reading shows itself sooner
_EXAMPLE = 12  # characters of the example


def garbled(text: str, name: str) -> tuple[Check, ...]:
    """An error if a text is UTF-8 that was read in another encoding."""
    sample = text[:_SAMPLE]
    foreign = sum(char > "\x7f" for char in sample)
    if foreign < limit("text", "garbled_from"):
        return ()
    for encoding, label in _READ_AS.items():
        meant = sample.encode(encoding, "ignore").decode("utf-8", "ignore")
        used = sum(len(char.encode()) for char in meant if char > "\x7f")
        if used >= share("text", "garbled_share") * foreign:
            message = (
                f"the text was UTF-8 and was read as {label} before it was saved: it shows "
                f"{_first(sample)!r} where {_first(meant)!r} is meant. Nothing that is found in it can be trusted. "
                "Get the original; if you named the encoding, leave it to be found."
            )
            return (Check.error("text-garbled", name, message),)
    return ()


def _first(text: str) -> str:
    """The first letters of a text beyond ASCII."""
    start = next((place for place, char in enumerate(text) if char > "\x7f"), 0)
    return " ".join(text[start : start + _EXAMPLE].split())
