"""Sanctions lists read from small files, good and bad."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from tarazu.clearing.screening.lists import digest_of, read_list, read_ofac_sdn, read_opensanctions, read_un
from tarazu.core.checks import Severity
from tarazu.core.errors import ListError

BLANK = ",".join(["-0- "] * 7)
SDN = (
    f'101,"EXAMPLE, Ivan Petrovich","individual","PROG-A",{BLANK},"DOB 12 Apr 1972; nationality Iran; '
    "a.k.a. 'VANYA'; a.k.a. 'EXAMPLE, Vanya'.\"\n"
    f'102,"SAMPLE TRADING LLC",-0- ,"PROG-B",{BLANK},-0- \n'
    f'103,"MV SAMPLE","vessel","PROG-B",{BLANK},-0- \n'
    "\x1a\n"
)
ALT = '101,1,"aka","PRIMER, Ivan",-0- \n102,2,"aka","SAMPLE GENERAL TRADING",-0- \n'
UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09.554Z">
 <INDIVIDUALS>
  <INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ALI</FIRST_NAME><SECOND_NAME>EXAMPLE</SECOND_NAME>
   <UN_LIST_TYPE>Test</UN_LIST_TYPE><REFERENCE_NUMBER>TSi.001</REFERENCE_NUMBER>
   <NAME_ORIGINAL_SCRIPT>علی</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Kazakhstan</VALUE></NATIONALITY>
   <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Bashir</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Ali the Example</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_DATE_OF_BIRTH><YEAR>1971</YEAR></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>
  <INDIVIDUAL><DATAID>2</DATAID><UN_LIST_TYPE>Test</UN_LIST_TYPE></INDIVIDUAL>
 </INDIVIDUALS>
 <ENTITIES><ENTITY><DATAID>3</DATAID><FIRST_NAME>FIRST FUND ; SECOND FUND</FIRST_NAME>
   <UN_LIST_TYPE>Test</UN_LIST_TYPE><REFERENCE_NUMBER>TSe.001</REFERENCE_NUMBER></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>
"""
TARGETS = (
    "id,schema,name,aliases,birth_date,countries,dataset\n"
    'NK-1,Person,Ivan Example,"Ivan Primer;Иван Пример",1972,ir;kz,Test list\n'
    "NK-2,Company,Sample LLC,,,,Test list\n"
    "NK-3,Company,Too,few\n"
    "NK-4,Person,,,,,Test list\n"
    "NK-5,CryptoWallet,Sample wallet,,,,Test list\n"
)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_sdn_rows_become_entries_with_aliases_kind_country_and_birth(tmp_path):
    sdn, alt = write(tmp_path, "sdn.csv", SDN), write(tmp_path, "alt.csv", ALT)
    found = read_ofac_sdn(sdn, alt, date(2026, 11, 1))
    person, firm, vessel = found.entries
    assert person.names == (
        "EXAMPLE, Ivan Petrovich",
        "EXAMPLE, Vanya",
        "PRIMER, Ivan",
    )  # 'VANYA' alone is too weak
    assert (person.kind, person.birth, person.countries) == ("person", "12 Apr 1972", ("IRN",))
    assert (firm.kind, firm.programme) == ("organisation", "PROG-B")
    assert vessel.kind == "vessel"
    assert found.published == date(2026, 11, 1)
    assert found.digest == hashlib.sha256(SDN.encode() + ALT.encode()).hexdigest()
    assert found.checks == ()


def test_sdn_without_alias_file_says_that_aliases_are_not_screened(tmp_path):
    found = read_ofac_sdn(write(tmp_path, "sdn.csv", SDN), None)
    assert [check.name for check in found.checks] == ["aliases-not-read"]
    assert found.published is None


def test_bad_sdn_rows_are_left_out_and_named_by_row(tmp_path):
    text = (
        SDN + "not,a,row\n" + f'x12,"NO NUMBER",-0- ,"P",{BLANK},-0- \n' + f'104,-0- ,-0- ,"P",{BLANK},-0- \n'
    )
    found = read_ofac_sdn(write(tmp_path, "sdn.csv", text), write(tmp_path, "alt.csv", ALT))
    assert len(found.entries) == 3
    bad = [check for check in found.checks if check.severity is Severity.ERROR]
    assert [check.where for check in bad] == ["sdn.csv, row 5", "sdn.csv, row 6", "sdn.csv, row 7"]
    assert "Expected 12 columns, got 3" in bad[0].message


def test_alias_of_an_unknown_number_is_a_warning_that_the_files_differ(tmp_path):
    alt = write(tmp_path, "alt.csv", ALT + '999,3,"aka","NOBODY",-0- \n')
    found = read_ofac_sdn(write(tmp_path, "sdn.csv", SDN), alt)
    assert [check.name for check in found.checks] == ["alias-without-entry"]


def test_un_list_reads_names_scripts_aliases_and_date(tmp_path):
    found = read_un(write(tmp_path, "un.xml", UN))
    person, fund = found.entries
    assert person.names == (
        "ALI EXAMPLE",
        "علی",
        "Ali the Example",
    )  # a low-quality alias of one word is too weak
    assert (person.id, person.countries, person.birth) == ("TSi.001", ("KAZ",), "1971")
    assert fund.names == ("FIRST FUND", "SECOND FUND")
    assert found.published == date(2026, 2, 27)
    assert [check.where for check in found.checks] == ["un.xml, row 10"]


def test_un_list_without_a_date_is_of_unknown_age(tmp_path):
    found = read_un(write(tmp_path, "un.xml", UN.replace("2026-02-27T00:00:09.554Z", "soon")))
    assert found.published is None
    assert "list-date" in {check.name for check in found.checks}


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY secret "&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_un_list_with_entities_is_refused(tmp_path, doctype):
    body = UN.split("\n", 1)[1].replace(
        "<FIRST_NAME>ALI", "<FIRST_NAME>&secret;" if "secret" in doctype else "<FIRST_NAME>ALI"
    )
    path = write(tmp_path, "un.xml", f'<?xml version="1.0"?>\n{doctype}\n{body}')
    with pytest.raises(ListError, match=r"Refused as unsafe|not well-formed"):
        read_un(path)


def test_broken_xml_and_other_xml_are_refused(tmp_path):
    with pytest.raises(ListError, match="not well-formed"):
        read_un(write(tmp_path, "un.xml", UN[:400]))
    with pytest.raises(ListError, match="CONSOLIDATED_LIST, got html"):
        read_un(write(tmp_path, "page.xml", "<html/>"))
    with pytest.raises(ListError, match="no individual and no entity"):
        read_un(write(tmp_path, "none.xml", "<CONSOLIDATED_LIST/>"))


def test_opensanctions_rows_become_entries_and_bad_rows_checks(tmp_path):
    found = read_opensanctions(write(tmp_path, "targets.simple.csv", TARGETS), date(2026, 11, 2))
    person, firm, wallet = found.entries
    assert person.names == ("Ivan Example", "Ivan Primer", "Иван Пример")
    assert (person.kind, person.countries, person.birth) == ("person", ("IRN", "KAZ"), "1972")
    assert (firm.kind, wallet.kind) == ("organisation", "other")
    assert [check.where for check in found.checks] == [
        "targets.simple.csv, row 4",
        "targets.simple.csv, row 5",
    ]


def test_opensanctions_without_its_columns_or_rows_is_refused(tmp_path):
    with pytest.raises(ListError, match="columns id, schema and name"):
        read_opensanctions(write(tmp_path, "a.csv", "id,name\n1,x\n"))
    with pytest.raises(ListError, match="no readable row"):
        read_opensanctions(write(tmp_path, "b.csv", "id,schema,name\n"))


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("a", SDN, "OFAC SDN"),
        ("b", UN, "UN consolidated"),
        ("c", TARGETS, "OpenSanctions"),
        ("d", "\ufeff" + TARGETS, "OpenSanctions"),
    ],
)
def test_read_list_recognises_the_format_by_content(tmp_path, file, text, name):
    assert read_list(write(tmp_path, file, text)).name == name


@pytest.mark.parametrize("text", ["", "  \n", "a,b,c\n1,2,3\n", '{"json": true}', "101,two columns\n"])
def test_read_list_refuses_what_it_does_not_know(tmp_path, text):
    with pytest.raises(ListError):
        read_list(write(tmp_path, "list.csv", text))


def test_files_that_are_missing_or_not_text_are_refused_by_name(tmp_path):
    with pytest.raises(ListError, match=r"absent\.csv.*cannot be read"):
        read_list(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes(SDN.encode() + "105,É".encode("latin-1"))
    with pytest.raises(ListError, match="not UTF-8"):
        read_list(tmp_path / "latin.csv")
    with pytest.raises(ListError):
        read_list(tmp_path)


def test_digest_of_lists_depends_on_content_and_order(tmp_path):
    one = read_list(write(tmp_path, "a", SDN))
    other = read_list(write(tmp_path, "b", UN))
    assert digest_of([one, other]) != digest_of([other, one])
    assert read_list(write(tmp_path, "c", SDN + " ")).digest != one.digest
