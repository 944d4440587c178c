"""Names taken apart, scored, and screened against a small list."""

from __future__ import annotations

import pytest

from tarazu.clearing.screening.lists import Entry, SanctionsList
from tarazu.clearing.screening.names import Role, parse
from tarazu.clearing.screening.score import match_score
from tarazu.clearing.screening.screen import NOT_CHECKED, Screener, algorithm_version
from tarazu.clearing.screening.weights import weights
from tarazu.core.errors import ListError, MessageError

CUT_OFF = weights().cut_off


def listed(*names: tuple[str, str], name: str = "test", digest: str = "d1") -> SanctionsList:
    entries = tuple(Entry(str(at), (each,), kind, "P", name) for at, (each, kind) in enumerate(names))
    return SanctionsList(name, None, digest, entries, ())


SCREENER = Screener(
    [
        listed(
            ("LAVROV, Sergey Viktorovich", "person"),
            ("ZARKARI, Haji Asad Khan", "person"),
            ("Гулиев Фуад", "person"),
            ("خلیل کریمی نمونه", "person"),
            ("SAMPLE TRADING LLC", "organisation"),
            ("Brigade 44", "organisation"),
            ("QASEMI, Hossein", "person"),
        )
    ]
)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Sergey Viktorovich Lavrov", "LAVROV, Sergey", "person"),  # patronymic left out, order
        ("Сергей Викторович Лавров", "Sergei Lavrov", "person"),  # Cyrillic
        ("حسین قاسمی", "Hossein Qasemi", "person"),  # Persian
        ("محمد رضایی", "Mohammad Rezaei", "person"),
        ("VladimirPutin", "Vladimir Putin", "person"),  # written together
        ("Abd al-Rahman Yusuf", "Abdurrahman Yousef", "person"),
        ("V. Petrov Ivanov", "Vladimir Petrov Ivanov", "person"),  # initial
        ("Mohamed Qaddafi", "Muhammad Gaddafi", "person"),
        ("Siemens Aktiengesellschaft", "Siemens AG", "organisation"),
        ("ООО Ромашка", "Romashka LLC", "organisation"),
        ('ТОО "Казахский импорт"', "Kazakhskii Import LLP", "organisation"),
        ("شرکت نفت پارس (سهامی خاص)", "Pars Naft", "organisation"),
        ("KALLIOPE LIMTIED", "Kalliope Limited", "organisation"),
        ("Brigade Forty-Four", "Brigade 44", "organisation"),
        ("L.X.C. Aviation", "LXC Aviation", "organisation"),
        ("Acme Fund II", "Acme Fund 2", "organisation"),
    ],
)
def test_spellings_of_one_name_reach_the_cut_off(one, other, kind):
    assert match_score(one, other, kind) >= CUT_OFF


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Barack Obama", "Michelle Obama", "person"),  # a shared surname
        ("Obama", "Barack Hussein Obama", "person"),
        ("Ahmad Khalid Salih al-Rawi", "Ahmad Khalid Salih al-Tikriti", "person"),  # a shared beginning
        ("Sergey Viktorovich Lavrov", "Sergey Borisovich Lavrov", "person"),
        ("Volkswagen Aktiengesellschaft", "Siemens Aktiengesellschaft", "organisation"),  # a shared form
        ("General Trading Company", "Northern Shipping Company", "organisation"),
        ("محمد رضایی", "محمود کریمی", "person"),
    ],
)
def test_different_names_stay_below_the_cut_off(one, other, kind):
    assert match_score(one, other, kind) < CUT_OFF


def test_a_number_that_differs_costs_more_than_one_that_is_missing():
    same = match_score("Victory Fund 3", "Victory Fund 3", "organisation")
    missing = match_score("Victory Fund 3", "Victory Fund", "organisation")
    other = match_score("Victory Fund 3", "Victory Fund 4", "organisation")
    assert same == 1
    assert other < missing < same


def test_words_added_to_a_listed_name_do_not_hide_it():
    padded = "Sergey Viktorovich Lavrov flat four Sunny street Springfield"
    assert match_score(padded, "LAVROV, Sergey Viktorovich", "person") >= CUT_OFF


def test_forms_and_particles_are_told_from_names():
    parts = parse("Общество с ограниченной ответственностью «Торговый дом Ромашка»", "organisation")
    assert parts.forms == {"limited"}
    assert [part.role for part in parts.core] == [Role.GENERIC, Role.GENERIC, Role.NAME]
    assert "bin" in parse("Isa bin Tarif", "person").light


def test_a_name_of_nothing_but_common_words_keeps_them():
    assert [part.text for part in parse("The Limited Company", "organisation").core]
    assert match_score("Haji Imam", "Haji Imam", "person") == 1


def test_short_forms_are_parts_of_a_persons_name():
    assert [part.text for part in parse("Ko Tae Sa", "person").core] == ["ko", "tae", "sa"]
    assert parse("Nicolas Example LLC", "person").forms == {"limited"}


def test_nothing_comparable_scores_nothing():
    assert match_score("", "Ivan") == 0
    assert match_score("!!!", "???") == 0


def test_a_hit_names_the_entry_and_its_listed_name():
    finding = SCREENER.screen("Sergei Lavrov")
    assert finding.hit
    assert finding.entry is not None
    assert finding.entry.id == "0"
    assert finding.matched_name == "LAVROV, Sergey Viktorovich"
    assert finding.candidates[0].score == finding.score >= CUT_OFF


@pytest.mark.parametrize(
    ("name", "entry"),
    [("Fuad Guliyev", "2"), ("Khalil Karimi Nemuneh", "3"), ("ООО Сэмпл Трейдинг", "4"), ("حسین قاسمی", "6")],
)
def test_scripts_meet_in_either_direction(name, entry):
    finding = SCREENER.screen(name)
    assert (finding.entry.id if finding.hit and finding.entry else None) == entry


def test_a_stranger_has_no_candidates_but_shows_the_nearest():
    finding = SCREENER.screen("Sergey Ivanov")
    assert not finding.hit
    assert finding.candidates == ()
    assert 0 < finding.score < CUT_OFF


def test_kind_and_country_never_drop_a_hit():
    plain = SCREENER.screen("Sergei Lavrov")
    claimed = SCREENER.screen("Sergei Lavrov", kind="organisation", country="KAZ")
    assert (claimed.hit, claimed.score, claimed.entry) == (plain.hit, plain.score, plain.entry)


def test_country_orders_entries_of_the_same_score():
    twins = tuple(
        Entry(id_, ("ALIEV, Ali",), "person", "P", "test", countries=(country,))
        for id_, country in (("1", "IRN"), ("2", "KAZ"))
    )
    screener = Screener([SanctionsList("test", None, "d", twins, ())])
    finding = screener.screen("Ali Aliev", kind="person", country="KAZ")
    assert [each.entry.id for each in finding.candidates] == ["2", "1"]


def test_candidates_are_at_most_five_sorted_and_one_per_entry():
    screener = Screener([listed(*((f"ALIEV, Ali {extra}", "person") for extra in "BCDEFGH"))])
    scores = [each.score for each in screener.screen("Ali Aliev").candidates]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)


def test_screening_again_answers_from_memory_and_many_equals_one_by_one():
    assert SCREENER.screen("Sergei Lavrov") is SCREENER.screen("Sergei Lavrov")
    names = ["Sergei Lavrov", "Sample Trading", "Nobody Known"]
    assert SCREENER.screen_many(names) == [SCREENER.screen(name) for name in names]
    assert [each.hit for each in SCREENER.screen_many(names, ["person", "organisation", "person"])] == [
        True,
        True,
        False,
    ]


def test_version_and_lists_digest_identify_what_was_used():
    assert SCREENER.version == algorithm_version()
    same, other = Screener([listed(("A B", "person"))]), Screener([listed(("A B", "person"), digest="d2")])
    assert same.lists_digest != other.lists_digest


def test_cut_off_may_be_raised_and_must_make_sense():
    lists = [listed(("LAVROV, Sergey Viktorovich", "person"))]
    assert not Screener(lists, cut_off=0.99).screen("Sergei Lavrov").hit
    with pytest.raises(ListError, match="cut-off"):
        Screener(lists, cut_off=0)
    with pytest.raises(ListError, match="at least one"):
        Screener([])


def test_input_that_cannot_be_screened_in_full_is_refused():
    with pytest.raises(MessageError, match="at most 500"):
        SCREENER.screen("Sergei Lavrov " * 50)
    with pytest.raises(ListError, match="2 names but 1 kinds"):
        SCREENER.screen_many(["a", "b"], ["person"])


def test_an_empty_list_hits_nothing_and_breaks_nothing():
    assert not Screener([listed()]).screen("Sergei Lavrov").hit
    assert not SCREENER.screen("").hit


def test_what_is_not_checked_is_said():
    text = " ".join(NOT_CHECKED)
    assert all(word in text for word in ("ownership", "vessels", "controlled", "secondary sanctions"))
