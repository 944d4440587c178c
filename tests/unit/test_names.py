"""Folding and transliteration of names."""

from __future__ import annotations

import pytest

from tarazu.core.names import ascii_digits, normalise, transliterate


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ايران", "ایران"),  # Arabic and Persian yeh
        ("كازاخستان", "کازاخستان"),  # Arabic and Persian kaf
        ("ترکمن\u200cصحرا", "ترکمن صحرا"),  # zero-width non-joiner
        ("ایـــران", "ایران"),  # tatweel
        ("مُحَمَّد", "محمد"),  # vowel signs
        ("ҚАЗАҚСТАН", "Қазақстан"),
        ("Côte d’Ivoire", "CÔTE D'IVOIRE"),
        ("  Hong\u00a0Kong,  SAR ", "hong kong sar"),
        ("Ｋａｚａｋｈｓｔａｎ", "kazakhstan"),  # full-width letters
        ("Cafe\u0301", "Café"),  # decomposed accent
        ("Straße", "STRASSE"),
        ("Lot ۱۲", "lot 12"),
        ("\ufeffIran\u200f", "iran"),  # byte-order and direction marks
    ],
)
def test_spellings_of_one_name_are_equal(one, other):
    assert normalise(one) == normalise(other)


def test_different_names_stay_different():
    names = ["Иран", "Ирак", "ایران", "عراق", "Niger", "Nigeria", "Қазақстан", "Казахстан"]
    assert len({normalise(name) for name in names}) == len(names)


def test_punctuation_alone_is_empty():
    assert normalise(" -–—!؟ ") == ""


def test_digits_of_every_script_become_ascii_and_nothing_else_changes():
    assert ascii_digits("۱۴۰۱/٥، Bn-3½") == "1401/5، Bn-3½"


def test_transliteration_is_ascii():
    assert transliterate("Қазақстан") == "Qazaqstan"
    assert transliterate("ایران").isascii()
