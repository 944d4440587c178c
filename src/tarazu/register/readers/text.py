"""Plain text: decoded, form feeds kept as page breaks, indents taken off; lines stay as they are broken.

Lines that an editor wrapped at a column are not joined: a text file does not say which breaks are meant.
"""

from __future__ import annotations

import re

from tarazu.register.readers.content import Content
from tarazu.register.readers.datelines import published
from tarazu.register.readers.encoding import decode


def read_text(data: bytes, name: str, encoding: str | None = None) -> Content:
    """The content of a text file.

    Raises
    ------
    InputError
        If the bytes are not text, or not in the encoding that was named.
    """
    decoded = decode(data, name, encoding)
    lines = re.sub(r"\r\n?", "\n", decoded.text).split("\n")
    text = "\n".join(map(_without_indent, lines))
    return Content(text, None, published(text), decoded.checks, decoded.guessed)


def _without_indent(line: str) -> str:
    # A tab is a cell's border only where text stands on both sides of one; elsewhere it is an indent.
    bare = line.strip(" \t")
    return line.rstrip(" \t") if "\t" in bare else bare
