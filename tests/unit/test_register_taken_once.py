"""One promise is entered once, whatever says it again; what is another is not linked; no day or standing is assumed."""

from __future__ import annotations

from datetime import date

import pytest

from register_support import opened, small
from tarazu.core.errors import InputError
from tarazu.register.books import new_item
from tarazu.register.intake import Publication, ingest
from tarazu.register.review import Decision, decide, review_table, waiting

BY = "secretariat"
BARLEY = (
    "Казахстан поставит Ирану 500 тыс. тонн ячменя до 1 июля 2027 года.",
    "Kazakhstan will supply Iran with 500 thousand tonnes of barley by 1 July 2027.",
    "Қазақстан Иранға 2027 жылғы 1 шілдеге дейін 500 мың тонна арпа жеткізеді.",
    "قزاقستان تا ۱ ژوئیه ۲۰۲۷ به ایران ۵۰۰ هزار تن جو تحویل خواهد داد.",
)
HOUSE = "Казахстан откроет торговый дом в Тегеране до конца 2027 года."
MEETING = """Commission in Batumi

The 7th session of the Georgian-Omani intergovernmental commission was held in Batumi on 4 May 2025. Georgia and Oman
spoke of transit.

The ministers signed the 7th Joint Intergovernmental Commission Protocol and the Action Plan. A memorandum of
understanding in metrology was signed. The deputy prime minister of Oman paid a visit to Batumi.
"""


@pytest.fixture
def books(house_url):
    with opened(house_url) as found:
        yield found


@pytest.fixture
def read(books, tmp_path):
    def run(*texts, published=date(2026, 9, 15)):
        for number, text in enumerate(texts):
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}-{number}.txt"
            path.write_text(text, encoding="utf-8")
            ingest(books, [path], BY, Publication(published))

    return run


def take(books, found, **more):
    events = decide(books, Decision(found.number, True, **more), BY)
    return books.register().items[events[0].item]


def of_kind(books, kind, part=""):
    return [each for each in waiting(books, kinds=(kind,)) if part in each.quote]


def test_the_same_sentence_of_two_documents_is_one_promise(books, read):
    read(f"Первое сообщение.\n\n{HOUSE}", f"Другое сообщение министерства.\n\n{HOUSE} Казахстан ждёт ответа.")
    one, two = of_kind(books, "commitment")
    rows = review_table(books, [one, two]).records()
    assert [row["elsewhere"] for row in rows] == [str(two.number), str(one.number)]
    first = take(books, one)
    assert of_kind(books, "commitment")[0].same == first.id
    assert take(books, two).id == first.id
    assert [event.event for event in books.register().items[first.id].events] == [
        "recorded",
        "said",
        "restated",
    ]


def test_one_promise_in_four_languages_is_one_by_its_number_goods_and_day(books, read):
    read(*BARLEY)
    found = [each for each in waiting(books) if each.kind in ("commitment", "target")]
    assert len(found) == 4
    assert all(len(row["elsewhere"].split("; ")) == 3 for row in review_table(books, found).records())
    for each in found:
        take(books, each)
    (item,) = books.register().of("commitments")
    assert (item["target_low"], item["unit"], item["due"]) == (500_000, "t", "2027-07-01")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("500 thousand", "600 thousand"),
        ("barley", "steel"),
        ("1 July 2027", "1 July 2029"),
        ("Kazakhstan", "Oman"),
    ],
)
def test_what_differs_in_number_goods_day_or_party_is_never_merged_unasked(books, read, old, new):
    read(BARLEY[1], BARLEY[1].replace(old, new) + " The weather was fine.")
    one, two = of_kind(books, "commitment")
    first = take(books, one)
    if old == "Kazakhstan":
        assert take(books, two).id != first.id
        return
    assert of_kind(books, "commitment")[0].similar == (first.id,)
    with pytest.raises(InputError, match=f"similar is known already \\({first.id}: .* new for another"):
        decide(books, Decision(two.number, True), BY)


def test_what_is_only_similar_needs_a_choice(books, read):
    known = {
        "id": "co5",
        "title": "Appoint a trade representative in Muscat",
        "form": "obligation",
        "parties": "GEO",
    }
    books.add(new_item("commitments", known, {}), BY)
    read("Georgia will also appoint a special trade representative at its embassy in Oman to increase trade.")
    (found,) = of_kind(books, "commitment")
    assert found.similar == ("co5",)
    with pytest.raises(InputError, match="co5: Appoint a trade representative in Muscat"):
        decide(books, Decision(found.number, True), BY)
    assert of_kind(books, "commitment")[0].number == found.number
    assert take(books, found, item="co5").id == "co5"
    read("Georgia will appoint a trade representative at its embassy in Oman. It is new.")
    (again,) = of_kind(books, "commitment")
    assert take(books, again, item="new").id == "co006"


def test_a_count_links_nothing(books, read):
    three = {"id": "in5", "title": "Road transport agreement, road map, five-year plan", "form": "package",
             "parties": "KAZ;IRN", "count": "3", "date": "2014"}  # fmt: skip
    memoranda = {**three, "id": "in6", "form": "memorandum", "title": "Customs, sport, youth", "date": ""}
    books.add((*new_item("instruments", three, {}), *new_item("instruments", memoranda, {})), BY)
    read("Подписаны три меморандума: о карантине растений, о ветеринарии и о туризме.")
    assert of_kind(books, "instrument")[0].known == ()


def test_documents_of_two_fields_and_one_day_are_two(books, read):
    read(
        "Georgia and Oman signed a memorandum on tourism on 5 May 2025. Georgia and Oman signed a memorandum on "
        "plant quarantine on 5 May 2025."
    )
    one, two = of_kind(books, "instrument")
    assert take(books, one).id != take(books, two).id


def test_a_structure_in_which_they_act_gives_no_standing_and_no_accession(books, read):
    read("Georgia and Oman coordinate their actions in the CICA.")
    item = take(books, of_kind(books, "membership")[0])
    assert item["standing"] is None
    assert [(event.event, event.date) for event in item.events] == [("recorded", ""), ("cited", "")]
    read("Georgia is a member of the CICA.")
    assert take(books, of_kind(books, "membership")[0])["standing"] == "member"


def test_a_session_without_a_day_is_refused_and_taken_with_one(books, read):
    read(
        "The 19th meeting of the Georgian-Omani intergovernmental commission was held in Muscat.",
        published=None,
    )
    (found,) = of_kind(books, "session")
    with pytest.raises(InputError, match=r"session 19 met is not known.*column date.*--published"):
        decide(books, Decision(found.number, True), BY)
    body = take(books, found, date="2023-12")
    assert "established" not in body.dates
    met = body.last("met")
    assert (met.value, met.date, met.note) == ("19", "2023-12", "in Muscat")


def test_what_was_signed_at_the_session_of_its_document_has_its_body_and_day(books, read):
    read(MEETING)
    for each in waiting(books):
        take(books, each)
    register = books.register()
    (body,) = register.of("bodies")
    signed = register.of("instruments")
    assert len(signed) == 3
    assert {(item["body"], item["session"], item["signed"]) for item in signed} == {
        (body.id, "7", "2025-05-04")
    }
    (visit,) = register.of("visits")
    assert (visit["body"], visit["session"], visit["held"]) == (body.id, "7", "2025-05-04")
    for item in (*signed, visit):
        assert item.events[-1].status == "E"
        assert "dated by session 7 of which the document reports" in item.events[-1].note


def test_what_is_counted_roughly_was_not_signed_at_the_session(books, read):
    read(MEETING + "\nMore than 60 agreements are signed between the states.")
    for each in waiting(books):
        take(books, each)
    (item,) = (item for item in books.register().of("instruments") if item["count"] == 60)
    assert (item["session"], item["signed"]) == (None, "")


def test_a_document_with_another_day_is_not_of_the_session(books, read):
    read(MEETING.replace("metrology was signed", "metrology was signed on 3 March 2021"))
    for each in waiting(books):
        take(books, each)
    (item,) = (item for item in books.register().of("instruments") if "metrology" in item.title)
    assert (item["body"], item["session"], item["signed"]) == (None, None, "2021-03-03")


def test_a_promise_is_said_on_its_publication_and_an_earlier_mention_comes_first(books, read):
    read(HOUSE, published=date(2026, 9, 15))
    read(f"Раньше.\n\n{HOUSE}", published=date(2025, 3, 1))
    later, earlier = of_kind(books, "commitment")
    item = take(books, later)
    assert (item["said"], item.events[-1].note) == ("2026-09-15", "dated by its publication")
    item = take(books, earlier)
    assert [(event.event, event.date) for event in item.events[1:]] == [
        ("said", "2025-03-01"),
        ("said", "2026-09-15"),
    ]


INDICATORS = (
    {"id": "nd1", "title": "Turnover", "unit": "USD m", "measure": "turnover:GEO", "baseline": "440",
     "baseline_period": "2021"},
    {"id": "nd2", "title": "Imports of Oman", "unit": "USD m", "measure": "flow:GEO->OMN", "baseline": "9",
     "baseline_period": "2010"},
)  # fmt: skip


@pytest.fixture
def measured(books, tmp_path):
    books.add(small(tmp_path / "given", indicators=INDICATORS).events, BY)


def test_a_figure_of_something_else_is_refused(books, measured, read):
    read("In 2010 imports were $0.2 million.")
    (found,) = of_kind(books, "amount")
    with pytest.raises(InputError, match="the figure is of import, and nd1 measures turnover:GEO"):
        decide(books, Decision(found.number, True, item="nd1"), BY)
    event = take(books, found, item="nd2").last("measured")
    assert (event.value, event.date) == (0.2, "2010")


def test_a_figure_without_a_period_is_refused(books, measured, read):
    read("Trade has grown to $520 million.")
    (found,) = of_kind(books, "amount")
    with pytest.raises(InputError, match="day of publication is none"):
        decide(books, Decision(found.number, True, item="nd1"), BY)
    event = take(books, found, item="nd1", date="2024-09/2025-08").last("measured")
    assert (event.value, event.field, event.date) == (520, "2024-09/2025-08", "2025-08-31")


def test_figures_of_texts_are_held_against_the_register_and_known_ones_need_no_item(books, measured, read):
    read("In 2021 mutual trade was $440 million. In 2021 turnover reached $490 million.")
    same, other = of_kind(books, "amount")
    assert [(each["item"], each["how"]) for each in same.known] == [("nd1", "same")]
    ((item, how, why),) = [(each["item"], each["how"], each["why"]) for each in other.known]
    assert (item, how) == ("nd1", "differs")
    assert "440" in why
    assert "490" in why
    assert take(books, same).last("measured").date == "2021"


@pytest.mark.parametrize(
    ("kind", "text", "title"),
    [
        ("target", "The leaders set a target of achieving a $3 billion bilateral trade turnover by 2030.",
         "Turnover of USD 3 bn by 2030"),
        ("instrument", "They signed the 19th Joint Intergovernmental Commission Protocol.", "Protocol of session 19"),
        ("instrument", "A memorandum of cooperation in veterinary medicine was signed.",
         "Memorandum on veterinary medicine"),
        ("instrument", "The ministers signed the Action Plan.", "Action Plan"),
        ("instrument", "Они подписали меморандум о карантине растений.", "Memorandum: карантине растений"),
        ("commitment", "The parties said that Georgia will open a trade house in Muscat.", None),
    ],
)  # fmt: skip
def test_new_items_are_called_in_plain_words(books, read, kind, text, title):
    read("Georgia and Oman met.\n\n" + text)
    found = of_kind(books, kind)[0]
    item = take(books, found)
    assert item.title == (title or found.quote[0].upper() + found.quote[1:])


def test_a_known_document_keeps_its_publication_and_says_that_another_was_not_taken(books, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Georgia and Oman signed an agreement on tourism last month.", encoding="utf-8")
    ingest(books, [path], BY)
    again = ingest(books, [path], BY, Publication(date(2026, 9, 15), "Ministry of Trade"))
    assert again.table.column("published") == [None]
    (check,) = again.checks
    assert (check.name, check.where) == ("publication-not-taken", "a.txt")
    assert "2026-09-15 (it has none)" in check.message
    assert "column date" in check.message
    assert ingest(books, [path], BY).checks == ()


def test_the_review_proposes_titles_that_a_person_can_leave(books, read):
    read(MEETING)
    rows = {row["kind"]: row["title"] for row in review_table(books, waiting(books)).records()}
    assert rows["session"] == "Georgian-Omani intergovernmental commission"
    assert rows["visit"] == "Deputy prime minister"


def test_a_number_and_a_day_alone_make_no_two_promises_one(books, read):
    read("Georgia will open 12 libraries in Muscat by 2027.")
    first = take(books, of_kind(books, "commitment")[0])
    read(
        "Georgia should train 12 metro drivers before the end of 2027; Georgia will train 12 drivers by 2027."
    )
    assert {each.same for each in of_kind(books, "commitment")} == {None}
    assert first.title == "Georgia will open 12 libraries in Muscat by 2027"
