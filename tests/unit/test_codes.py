"""Codes of countries, currencies, products and places."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

from tarazu.core.codes import HS_REVISIONS, countries, country, currency, place, product
from tarazu.core.errors import UnknownCodeError


def test_the_list_of_countries_is_iso_3166():
    """ISO 3166-1 has 249 codes in force since South Sudan (2011)."""
    assert len(countries()) == 249
    assert len({each.alpha2 for each in countries()}) == 249
    by_alpha2 = {each.alpha2: each.alpha3 for each in countries()}
    # where CLDR also knows a withdrawn code
    assert [by_alpha2[code] for code in ("MM", "DE", "FR", "TL", "YE", "CD")] == [
        "MMR",
        "DEU",
        "FRA",
        "TLS",
        "YEM",
        "COD",
    ]


@pytest.mark.parametrize(
    "text", ["KZ", "kaz", " KAZ ", "Kazakhstan", "КАЗАХСТАН", "Қазақстан", "قزاقستان", "Qazaqstan"]
)
def test_kazakhstan_by_every_name(text):
    assert country(text).alpha3 == "KAZ"


@pytest.mark.parametrize("text", ["IRN", "ir", "Iran", "Иран", "ایران", "ايران"])
def test_iran_by_every_name(text):
    assert country(text).alpha2 == "IR"


def test_names_without_accents_or_with_one_of_two_names():
    assert country("turkiye").alpha3 == "TUR"
    assert country("Cote d'Ivoire").alpha3 == "CIV"
    assert country("Myanmar").alpha3 == "MMR"


@pytest.mark.parametrize("lang", ["en", "ru", "kk", "fa"])
def test_every_name_leads_back_to_its_country(lang):
    assert [each for each in countries() if country(each.name(lang)) != each] == []


def test_names_in_other_languages():
    kazakhstan = country("KAZ")
    assert kazakhstan.name() == kazakhstan.name("en-GB") == "Kazakhstan"
    assert kazakhstan.name("kk") == "Қазақстан"
    assert kazakhstan.name("de") == "Kasachstan"
    for lang in ("xx", "", "english"):
        with pytest.raises(UnknownCodeError, match="language"):
            kazakhstan.name(lang)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Kazakstan", "Kazakhstan"),
        ("KZA", "Kazakhstan"),
        ("IRA", "Iran"),
        ("Turkey", "Türkiye"),
        ("UK", "United Kingdom"),
        ("TMP", "Timor-Leste"),
        ("Russian Federation", "Russia"),
        ("Iran, Islamic Rep.", "Iran"),
        ("Korea, Rep.", "South Korea"),
        ("Czech Republic", "Czechia"),
    ],
)
def test_an_unknown_country_comes_with_the_nearest(text, meant):
    with pytest.raises(UnknownCodeError, match=rf"did you mean .*{meant} \("):
        country(text)


@pytest.mark.parametrize(
    "text", ["", "EU", "XK", "XX", "ZZ", "SU", "Europe", "World", "001", "QZZ", "AAA", "%"]
)
def test_what_is_not_a_country_of_iso_3166_is_refused(text):
    with pytest.raises(UnknownCodeError):
        country(text)


@pytest.mark.parametrize(
    ("code", "scale"),
    [
        ("USD", 2),
        ("kzt", 2),
        ("IRR", 2),
        ("IQD", 3),
        ("KWD", 3),
        ("JPY", 0),
        ("KRW", 0),
        ("AFN", 2),
        ("UZS", 2),
    ],
)
def test_decimals_of_a_currency_are_those_of_iso_4217(code, scale):
    assert currency(code).scale == scale


@pytest.mark.parametrize("code", ["", "XXX", "DEM", "US", "Tenge", "USDT"])
def test_what_is_no_tender_is_refused(code):
    with pytest.raises(UnknownCodeError, match="ISO 4217"):
        currency(code)


def test_products_know_their_digits_chapter_and_revision():
    wheat = product("1001.99")
    assert (wheat.code, wheat.digits, wheat.chapter, wheat.revision) == ("100199", 6, "10", "HS22")
    assert product("02", "HS12").digits == 2
    assert product("1003", "HS12") != product("1003", "HS17")


@pytest.mark.parametrize(
    "text", ["", "1", "100", "10019", "1507-1515", "10;11", "all", "00", "7701", "wheat", "-10"]
)
def test_what_is_not_one_code_is_refused(text):
    with pytest.raises(UnknownCodeError):
        product(text)


def test_national_tariff_lines_and_unknown_revisions_are_named():
    with pytest.raises(UnknownCodeError, match="national tariff lines"):
        product("1001990000")
    with pytest.raises(UnknownCodeError, match=", ".join(HS_REVISIONS)):
        product("1003", "HS2012")


def test_places_know_their_country():
    aktau = place("kz aau")
    assert (str(aktau), aktau.country.alpha3, aktau.location) == ("KZAAU", "KAZ", "AAU")


@pytest.mark.parametrize("text", ["", "KZ", "KZAA", "KZAA1", "KZAA0", "XXAAU", "KZ-AAU", "KZAAUU", "Aktau"])
def test_what_is_no_locode_is_refused(text):
    with pytest.raises(UnknownCodeError, match="UN/LOCODE"):
        place(text)


@pytest.mark.needs_shared
def test_every_place_of_the_unece_list_reads(shared_data):
    with (shared_data / "transport" / "unlocode_region.csv").open(encoding="utf-8") as file:
        codes = {row["country_code"] + row["location_code"] for row in csv.DictReader(file)}
    # XZ is the list's own mark for installations in international waters.
    assert len(codes) > 1000
    assert [code for code in codes if not code.startswith("XZ") and place(code).code != code] == []


@pytest.mark.needs_shared
def test_every_code_of_the_harmonized_system_reads(shared_data):
    with (shared_data / "hs" / "harmonized-system_pddl.csv").open(encoding="utf-8") as file:
        codes = [row["hscode"] for row in csv.DictReader(file) if row["hscode"].isdecimal()]
    assert len(codes) > 6000
    assert [code for code in codes if product(code).code != code] == []


def test_importing_the_vocabulary_loads_no_library():
    loaded = "import sys, tarazu.core.codes, tarazu.core.amounts, tarazu.core.period; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"babel", "jdatetime", "anyascii", "numpy", "polars"}.isdisjoint(modules)
