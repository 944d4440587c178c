"""Probabilities in words: the scale has no gaps, and small and large ones are not rounded away."""

from __future__ import annotations

import pytest

from tarazu.planning.words import likelihood, percent, percent_range


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "exceptionally unlikely"),
        (0.005, "exceptionally unlikely"),
        (0.05, "very unlikely"),
        (0.2, "unlikely"),
        (0.33, "about as likely as not"),
        (0.5, "about as likely as not"),
        (0.66, "likely"),
        (0.9, "very likely"),
        (0.995, "virtually certain"),
        (1.0, "virtually certain"),
    ],
)
def test_words_are_those_of_the_scale(probability, word):
    assert likelihood(probability) == word


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "under 1%"),
        (0.004, "under 1%"),
        (0.006, "1%"),
        (0.234, "23%"),
        (0.994, "99%"),
        (1.0, "over 99%"),
    ],
)
def test_whole_percents(probability, text):
    assert percent(probability) == text


def test_nothing_is_said_to_be_impossible_or_certain():
    shown = {percent(i / 1000) for i in range(1001)}
    assert not shown & {"0%", "100%"}


def test_a_range_names_both_ends_once():
    assert percent_range(0.021, 0.058) == "2–6%"
    assert percent_range(0.051, 0.054) == "5%"
    assert percent_range(0.001, 0.002) == "under 1%"
    assert percent_range(0.001, 0.06) == "under 1% to 6%"
    assert percent_range(0.6, 0.999) == "60–over 99%"
