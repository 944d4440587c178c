"""What every reader returns, and the limits that all of them keep.

A reader turns bytes into raw text: blocks apart by a blank line, a table's rows as lines with tabs between cells,
pages apart by a form feed. `tarazu.register.documents` normalises it. Limits stand in
``data/register/limits.toml``, each with its meaning.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from tarazu.core.checks import Check
from tarazu.core.errors import InputError
from tarazu.core.parameters import bundled_text

TEXT = "text/plain"
HTML = "text/html"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_LONGEST_REASON = 200  # characters of a library's own words that are passed on


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says, before normalisation.

    Attributes
    ----------
    published
        Day of publication, only if the file states it.
    made_with
        Library and version on which the text depends; empty where the format's standard alone decides.
    """

    text: str
    title: str | None = None
    published: date | None = None
    checks: tuple[Check, ...] = ()
    made_with: str = ""


@cache
def _document() -> dict[str, dict[str, Any]]:
    return tomllib.loads(bundled_text("register/limits.toml"))


def limit(section: str, name: str) -> int:
    """A limit that is a whole number."""
    return int(_document()[section][name]["value"])


def share(section: str, name: str) -> float:
    """A limit that is a share."""
    return float(_document()[section][name]["value"])


@cache
def words(section: str, name: str) -> tuple[str, ...]:
    """A limit that is a list of words."""
    return tuple(_document()[section][name]["value"])


def missing(package: str, what: str) -> InputError:
    """The error to raise where a package of the extra is not installed."""
    return InputError(
        f"Reading {what} needs the package {package}, which is not installed: pip install 'tarazu[register]'."
    )


def set_apart(written: str, raised: bool) -> bool:
    """Whether a raised or lowered figure needs a blank before it, so that it is not read as part of what precedes.

    After a digit it would be one of the number's digits, after a word a part of the word; after one or two letters
    it rather is a unit's power, such as that of km².
    """
    return bool(written[-1:].isdigit() or (raised and re.search(r"[^\W\d_]{3}$", written[-3:])))


def plain(reason: object) -> str:
    """A library's words in one line of bounded length, without a full stop."""
    said = " ".join(str(reason).split()).rstrip(".")
    return said if len(said) <= _LONGEST_REASON else said[:_LONGEST_REASON] + "…"
