"""A message's bytes, and XML parsed safely: no document type, no entities, no network, bounded size.

A document type declaration is what entity expansion ("billion laughs"), external entities and parameter
entities need (W3C XML 1.0, sections 2.8 and 4); ISO 20022 messages have none, so any is refused before parsing.
Comments and processing instructions are dropped while parsing, so that a comment cannot cut a value in two.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from tarazu.core.errors import MessageError
from tarazu.core.parameters import bundled_text

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"

UETR = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)  # RFC 9562, version 4
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, Char

_DECLARED = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"'>]{1,40})["']""")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_LONGEST_MESSAGE = 300  # characters of a library's own words that are passed on


@cache
def limits() -> dict[str, dict[str, Any]]:
    """What the readers take, from ``data/messages/limits.toml``."""
    return tomllib.loads(bundled_text("messages/limits.toml"))


def load(source: Path | bytes, name: str = "") -> tuple[bytes, str]:
    """The bytes of a message and the name by which messages speak of it.

    Raises
    ------
    MessageError
        If the file cannot be read, is empty, or is larger than the limit.
    """
    limit = limits()["file"]["bytes"]
    if isinstance(source, bytes):
        name, data = name or "message", source[: limit + 1]
    else:
        name = name or source.name
        try:
            with source.open("rb") as file:
                data = file.read(limit + 1)  # never more, whatever the file system says of its size
        except OSError as reason:
            raise MessageError(f"{name}: cannot be read: {reason.strerror or reason}.") from None
    if len(data) > limit:
        raise MessageError(
            f"{name}: larger than {limit:,} bytes, the limit for one message. Send the payments in several."
        )
    if not data.strip():
        raise MessageError(f"{name}: is empty. Expected a pacs.008 message, or orders as CSV or JSON.")
    return data, name


def is_xml(data: bytes) -> bool:
    """Whether the content begins as XML does, in UTF-8 or UTF-16."""
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[2:].replace(b"\x00", b"").lstrip()
    return head.startswith((b"<", b"\x00<"))


def parse_xml(data: bytes, name: str) -> etree._Element:
    """The root element of a message.

    Raises
    ------
    MessageError
        If the XML is malformed, declares a document type, or is in an encoding that is not read.
    """
    _refuse_unsafe(data, name)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as reason:
        line = reason.lineno or 1
        raise MessageError(
            f"{name}, line {line}: not well-formed XML: {plain(str(reason.msg))}. "
            "Export the message again; nothing of it was read."
        ) from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:  # the search above should have found it
        raise _document_type(name)
    return root


def _refuse_unsafe(data: bytes, name: str) -> None:
    encoding = _UTF16.get(data[:2], "ascii")
    if "<!DOCTYPE".encode(encoding) in data or "<!ENTITY".encode(encoding) in data:
        raise _document_type(name)
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf").lstrip())
    known = limits()["xml"]["encodings"]
    if declared and declared[1].decode("ascii", "replace").upper() not in known:
        raise MessageError(
            f"{name}, line 1: encoding {declared[1].decode('ascii', 'replace')} is not read. "
            f"Write the message in UTF-8; also read: {', '.join(known[1:])}."
        )


def _document_type(name: str) -> MessageError:
    return MessageError(
        f"{name}: declares a document type or an entity (<!DOCTYPE, <!ENTITY). Payment messages have none, and "
        "it can be used to read files or exhaust memory. Remove it, and ask the sender why it is there."
    )


def message_type(root: etree._Element, name: str) -> str:
    """The message's identifier, such as ``pacs.008.001.08``, from its namespace.

    Raises
    ------
    MessageError
        If the root is not a ``Document`` of ISO 20022.
    """
    tag = etree.QName(root)
    if tag.localname == "Document" and (tag.namespace or "").startswith(NAMESPACE):
        return str(tag.namespace).removeprefix(NAMESPACE)
    found = f"<{tag.localname}>" + (f" of {tag.namespace}" if tag.namespace else " without a namespace")
    raise MessageError(
        f"{name}, line {root.sourceline}: the root is {plain(found)}, not <Document> of an ISO 20022 message "
        f"({NAMESPACE}pacs.008.001.08). Send the Document alone, without header or envelope."
    )


def plain(text: str) -> str:
    """A library's words without namespaces, one line, of bounded length."""
    text = " ".join(re.sub(r"\{(?:urn:|http)[^}]*\}", "", text).split()).rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"
