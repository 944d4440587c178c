"""Search terms of any query can stand in a database's query, and every word is found by itself."""

from __future__ import annotations

import re
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from tarazu.core.errors import InputError
from tarazu.register.search import BEGINNING, LANGUAGES, _fits, asked, words

LETTERS = "abcdefgszyабвгдеёкнопрстуцыьйәіңғүұқөһابتدرسشکگلمنهویآ\u200c '\"*()-0۱"
queries = st.text(st.sampled_from(LETTERS), min_size=1, max_size=24)


@settings(max_examples=300, deadline=None)
@given(queries)
def test_terms_hold_nothing_that_a_database_would_obey(query):
    try:
        terms = asked(query)
    except InputError:
        return
    for term in terms:
        for each in term:
            assert re.fullmatch(r"[^\W_]+\*?", each), each


@settings(max_examples=200, deadline=None)
@given(queries, st.sampled_from(LANGUAGES))
def test_a_text_is_found_by_its_own_words_in_whatever_language_it_was_taken_for(query, language):
    """Only a stem that is no beginning of its word could be missed; then the word itself is looked for too."""
    try:
        terms = asked(query)
    except InputError:
        return
    indexed = words(query, language).split()
    own = {"en": "[a-z0-9]+", "ru": "[а-яё0-9]+", "fa": "[\u0600-\u06ff0-9]+", "kk": "[а-яёәіңғүұқөһ0-9]+"}
    if re.fullmatch(own[language], "".join(indexed)):
        assert all(any(_fits(word, term) for word in indexed) for term in terms)


def test_the_query_is_one_that_the_database_understands():
    """All alternatives of many words at once, against an index of FTS5 itself."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE found USING fts5(words, content='')")
    for query in ("memoranda", "поставок", "айналымының", "سرمایه‌گذاری‌های", "ات ی"):
        text = " AND ".join(
            "("
            + " OR ".join(
                f'"{t.removesuffix(BEGINNING)}"{"*" if t.endswith(BEGINNING) else ""}' for t in term
            )
            + ")"
            for term in asked(query)
        )
        assert connection.execute("SELECT count(*) FROM found WHERE found MATCH ?", (text,)).fetchone() == (
            0,
        )
