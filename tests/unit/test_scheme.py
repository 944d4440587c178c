"""Schemes: presets, what validation catches and how it says so, and what a scheme answers."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest

from tarazu.clearing.scheme import (
    Overflow,
    Standing,
    Swap,
    bundled_schemes,
    load_scheme,
)
from tarazu.clearing.scheme_file import fields, parse_scheme
from tarazu.core.errors import SchemeError

PROPOSAL = (files("tarazu.data") / "schemes" / "kaz-irn.toml").read_text(encoding="utf-8")


def changed(*pairs: tuple[str, str]) -> str:
    """The text of the kaz-irn preset with parts replaced; a part that is absent is a mistake of the test."""
    text = PROPOSAL
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def findings(text: str) -> dict[str, str]:
    """Rule to place and message of what validation finds."""
    with pytest.raises(SchemeError) as caught:
        parse_scheme(text, "mine.toml")
    assert caught.value.checks
    for check in caught.value.checks:
        assert check.message in str(caught.value)
    return {check.name: f"{check.where}: {check.message}" for check in caught.value.checks}


@pytest.mark.parametrize("name", bundled_schemes())
def test_every_preset_loads_permits_nothing_and_cites_each_rule(name):
    scheme = load_scheme(name)
    assert scheme.id == name
    assert scheme.synthetic_only
    assert scheme.standing is not Standing.ENACTED
    assert len(scheme.members) >= 2
    assert {key.partition(".")[0] for key, _ in scheme.sources} >= {
        *("valid_from", "unit", "members", "rate", "cycle", "deadline_days", "interest", "overflow"),
        *("settle_share", "finality", "screening_max_age_days", "price_band", "pending_days"),
    }
    declared = {field.key for field in fields()} | {field.section for field in fields()}
    assert {key for key, _ in scheme.sources} <= declared
    assert all(text.strip() for _, text in scheme.sources)
    assert "no-source" not in {check.name for check in scheme.checks}


def test_the_presets_are_the_six():
    assert bundled_schemes() == ("acu", "aladi-ccr", "epu", "kaz-irn", "sml", "swing")


def test_the_proposal_is_marked_and_holds_what_its_file_says():
    scheme = load_scheme("kaz-irn")
    assert scheme.standing is Standing.PROPOSAL
    assert "proposal" in scheme.title
    assert scheme.overflow is Overflow.QUEUE
    assert scheme.member("KAZ").swing_limit == 2_500_000_000  # 25 million dollars in cents
    assert (scheme.payment_min, scheme.payment_max) == (100_000, 500_000_000)
    assert scheme.member("KAZ").weekend == (5, 6)
    assert scheme.member("IRN").weekend == (3, 4)
    assert scheme.rate.source("IRR") == "CBI mutually-agreed market"
    assert scheme.rate.source("USD") == ""
    assert scheme.digest == hashlib.sha256(PROPOSAL.encode()).hexdigest()
    assert scheme.agent_of("IRN").startswith("Clearing agent")
    assert (scheme.scale("IRR"), scheme.scale("JPY")) == (2, 0)


def test_only_an_enacted_scheme_with_an_authority_may_book_real_payments():
    authority = """
[authority]
name = "Central bank"
instrument = "Agreement"
citation = "Gazette 1"
date = 2025-12-01
"""
    enacted = ('standing = "proposal"', 'standing = "enacted"')
    assert not parse_scheme(changed(enacted) + authority).synthetic_only
    assert parse_scheme(PROPOSAL + authority).synthetic_only  # a proposal stays one
    assert "no-authority" in findings(changed(enacted))
    for key in ("name", "instrument", "citation", "date"):
        partial = re.sub(rf"^{key} = .*\n", "", authority, flags=re.M)
        found = findings(changed(enacted) + partial)
        assert f"authority.{key}" in found["missing-key"]


@pytest.mark.parametrize(
    ("pair", "rule", "part"),
    [
        (("deadline_days = 4", "deadline_day = 4"), "unknown-key", "deadline_day: is no key"),
        (("deadline_days = 4", ""), "missing-key", "deadline_days: is missing"),
        (("[cycle]", "[cycles]"), "missing-key", "write it as [cycle]"),
        (("[[members]]", "[members]"), "not-toml", "is not TOML"),
        (("deadline_days = 4", 'deadline_days = "4"'), "wrong-type", '"4" is not a whole number'),
        (("deadline_days = 4", "deadline_days = true"), "wrong-type", "whole number"),
        (("deadline_days = 4", "deadline_days = -1"), "out-of-bounds", "at least 0"),
        (("valid_from = 2025-01-01", 'valid_from = "2025-01-01"'), "wrong-type", "is not a day"),
        (("valid_from = 2025-01-01", "valid_from = 2025-01-01T00:00:00"), "wrong-type", "is not a day"),
        (("set_off = true", "set_off = 1"), "wrong-type", "true or false"),
        (('currency = "KZT"', 'currency = "KZZ"'), "unknown-code", '"KZZ" is not a currency'),
        (('country = "KAZ"', 'country = "KZA"'), "unknown-code", "KAZ"),
        (('country = "IRN"', 'country = "KAZ"'), "duplicate-member", "KAZ stands 2 times"),
        (("swing_limit = 25_000_000.00", "swing_limit = -1.00"), "out-of-bounds", "at least 0"),
        (("swing_limit = 25_000_000.00", "swing_limit = 25_000_000"), "wrong-scale", "has 0 decimals"),
        (("swing_limit = 25_000_000.00", "swing_limit = 25_000_000.000"), "wrong-scale", "25_000_000.00"),
        (("swing_limit = 25_000_000.00", "swing_limit = inf"), "out-of-bounds", "finite"),
        (("unit_scale = 2", "unit_scale = 0"), "wrong-scale", "the unit has 0"),
        (('unit = "USD"', 'unit = "JPY"'), "wrong-scale", "JPY has 0 decimals"),
        (('length = "monthly"', 'length = "0 months"'), "wrong-length", "at least 1"),
        (('length = "monthly"', 'length = "weekly"'), "wrong-length", "is not the length"),
        (
            ('length = "monthly"', 'length = "monthly"\nanchor = 2025-01-15'),
            "wrong-anchor",
            "first of a month",
        ),
        (('excluded_hs = ["27"', 'eligible_hs = ["2710"]\nexcluded_hs = ["27"'), "overlapping-goods", "2710"),
        (('excluded_hs = ["27"', 'excluded_hs = ["27", "27"'), "duplicate-goods", "27 stands more than once"),
        (('excluded_hs = ["27"', 'excluded_hs = ["2x"'), "unknown-code", "HS code"),
        (
            ("valid_from = 2025-01-01", "valid_from = 2025-01-01\nvalid_to = 2024-12-31"),
            "date-order",
            "before",
        ),
        (("price_band = 3", "price_band = 0.9"), "out-of-bounds", "at least 1 times"),
        (("settle_share = 0.5", "settle_share = 1.5"), "out-of-bounds", "at most 1"),
        (("\n[sources]", '\n[sources]\nrates = "x"'), "unknown-source", "sources.rates"),
        (("payment_min = 1_000.00", "payment_min = 9_000_000.00"), "bounds-order", "no payment could pass"),
        (('overflow = "queue"', 'overflow = "borrow"'), "wrong-choice", "reject, queue, convertible"),
        (('["Thursday", "Friday"]', '["Thur", "Friday"]'), "wrong-weekday", "Saturday"),
        (
            ('["Thursday", "Friday"]', '["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]'),
            "no-business-day",
            "no day",
        ),
        (('holidays = "IRN"', 'holidays = "XYZ"'), "unknown-calendar", "known are IRN, KAZ"),
        (('IRR = "CBI mutually-agreed market"', ""), "missing-source", "IRR"),
        (('IRR = "CBI', 'IRX = "CBI'), "unknown-code", "IRX"),
        (('kind = "cross"', 'kind = "unit"'), "unused-source", "nothing is converted"),
        (('kind = "cross"', 'kind = "direct"'), "wrong-kind", "IRR, KZT"),
        (('rounding = "exact"', 'rounding = "half-even"'), "wrong-step", "needed"),
        (('rounding = "exact"', "step = 0.01"), "wrong-step", "no meaning"),
        (('title = "Kazakhstan', 'title = ""\nxtitle = "Kazakhstan'), "wrong-type", "is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(pair, rule, part):
    found = findings(changed(pair))
    assert part.casefold() in found[rule].casefold()
    assert found[rule].startswith("mine.toml")


def test_one_member_is_too_few():
    second = PROPOSAL.index('[[members]]\ncountry = "IRN"')
    text = PROPOSAL[:second] + PROPOSAL[PROPOSAL.index("[[figures]]") :]
    assert "too-few-members" in findings(text)


def test_all_findings_come_at_once():
    text = changed(("deadline_days = 4", "deadline_days = 99"), ("price_band = 3", "price_band = 0"))
    with pytest.raises(SchemeError) as caught:
        parse_scheme(text)
    assert {check.where for check in caught.value.checks} == {
        "scheme.toml, key deadline_days",
        "scheme.toml, key price_band",
    }


def test_bad_files_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(SchemeError, match="Did you mean acu"):
        load_scheme("acuu")
    with pytest.raises(SchemeError, match="neither a file nor"):
        load_scheme(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemeError, match="not UTF-8"):
        load_scheme(binary)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1_000_001)
    with pytest.raises(SchemeError, match="larger than 1 MB"):
        load_scheme(large)
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(SchemeError, match="key id: is missing"):
        load_scheme(tmp_path / "empty.toml")


def test_a_file_with_a_byte_order_mark_is_the_same_scheme(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + PROPOSAL, encoding="utf-8")
    assert load_scheme(path).digest == load_scheme("kaz-irn").digest


def test_one_changed_character_changes_the_digest():
    assert parse_scheme(PROPOSAL + "# \n").digest != load_scheme("kaz-irn").digest


def test_goods_that_cannot_be_shown_to_be_admitted_are_not():
    scheme = load_scheme("kaz-irn")  # excludes 27, 71, 8401, 88, 93
    assert scheme.admits("100199")
    assert scheme.admits("8402")
    assert not scheme.admits("2710")
    assert not scheme.admits("840110")
    assert not scheme.admits("84")  # may be 8401
    assert not scheme.admits("")
    open_scheme = load_scheme("acu")
    assert open_scheme.admits("")
    only_grain = parse_scheme(changed(("excluded_hs = [", 'eligible_hs = ["10"]\nexcluded_hs = [')))
    assert only_grain.admits("1001")
    assert not only_grain.admits("0801")


def test_rules_hold_from_their_first_to_their_last_day():
    epu = load_scheme("epu")
    assert not epu.in_force(date(1954, 6, 30))
    assert epu.in_force(date(1954, 7, 1))
    assert epu.in_force(date(1955, 7, 31))
    assert not epu.in_force(date(1955, 8, 1))
    assert load_scheme("acu").in_force(date(2100, 1, 1))


def test_an_unknown_member_is_refused():
    with pytest.raises(SchemeError, match="members are KAZ, IRN"):
        load_scheme("kaz-irn").member("TUR")


def test_a_swap_ceiling_needs_every_year_it_averages():
    swap = Swap(Decimal("0.20"), 3)
    assert swap.ceiling([1, 1, 1]) == 0  # 0.2 rounded down: a ceiling is not exceeded by rounding
    for gross in ([1, 2], [1, 2, 3, 4], [1, 2, -3]):
        with pytest.raises(SchemeError, match="3 years"):
            swap.ceiling(gross)


def test_a_rule_without_a_citation_is_remarked():
    scheme = parse_scheme(re.sub(r"^deadline_days = \"judg.*\n", "", PROPOSAL, flags=re.M))
    assert [
        check for check in scheme.checks if check.name == "no-source" and "deadline_days" in check.message
    ]
