"""Write docs/clearing-schemes.md from src/tarazu/data/schemes: `python scripts/write_scheme_docs.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tarazu.clearing.calendar import WEEKDAYS, bundled_years
from tarazu.clearing.scheme import Scheme, bundled_schemes, load_scheme
from tarazu.clearing.scheme_file import ARRAYS, OPTIONAL, fields
from tarazu.clearing.scheme_values import Field

PAGE = Path(__file__).resolve().parents[1] / "docs" / "clearing-schemes.md"

INTRODUCTION = """# Clearing schemes

<!-- Written by scripts/write_scheme_docs.py from src/tarazu/data/schemes. Edit those, not this. -->

A scheme is the rules of one clearing arrangement, as a TOML file: who takes part, in what unit balances are kept, at
which rate of exchange, when a cycle closes, by when it is settled, how much a member may owe and what happens above
that, which goods may be paid for. The SHA-256 of the file is the identity of the rules.

A scheme permits nothing. Real payments can be booked only under one that is `enacted` and names its legal authority;
under all others, every preset among them, only synthetic parties can be registered.

```python
from datetime import date

from tarazu.clearing.scheme import load_scheme

scheme = load_scheme("kaz-irn")
calendar = scheme.calendar()
close = scheme.cycle.end(date(2026, 1, 10), calendar)
print(close, calendar.add_business_days(close, scheme.deadline_days))  # 2026-01-28 2026-02-10
print(calendar.why_closed(date(2026, 1, 29)))  # IRN: weekend (Thursday)
```
"""

WRITING = """## Writing your own

Copy this, or a preset from `src/tarazu/data/schemes`, and give its path where a scheme is asked for. Everything in the
example is invented. A file is read to its end: one message lists every unknown or missing key, wrong value and
contradiction with its place and how to mend it.

```toml
{example}```

- An **amount** has exactly the decimals of the unit, `25_000_000.00` for dollars: nothing is in cents here.
- A **decimal** is kept exact; it never passes through binary floating point.
- A **date** stands without quotes: `2026-03-21`.
- **hs** is a list of HS codes of 2, 4 or 6 digits in quotes. An excluded code may be narrower than an eligible one,
  not as wide or wider.
- **names** is a table of texts. In `[sources]` a key with a point is quoted: `"members.weekend" = "…"`.
- `[[members]]` stands once for each member, two or more. `[authority]` is left out, or given with all four keys.

## Business days and cycles

A joint business day is one on which the banks of every member are open. Weekends stand in the scheme. Holidays stand
in `holidays.csv`, by calendar; the years listed in full stand in `calendars.csv`:

| calendar | year | source |
|---|---|---|
{years}

A date in another year is refused, not taken for open. To add a year or a country, or a closure by decree, state it
in the scheme with `[[calendar_years]]` and `[[holidays]]`. A member without a calendar is counted by weekends alone,
and the scheme carries a note that says so. A weekend day that a government turns into a working day stays closed.
Holidays marked estimated depend on the moon or on a decision not yet taken; the scheme carries a warning with their
number and span.

A cycle ends on the last joint business day of its period, and the days left of the period belong to the next cycle.
T+n counts joint business days after the close.

## Rates of exchange

Reference rates are a CSV file with the columns `date,currency,per_unit,unit,name,source`: units of the currency for one
unit of account. `[rate.sources]` names the rate that is used for each currency, and a rate of another name is never
taken in its place: for the rial, official, NIMA-type and market rates differ several-fold. A rate older than
`rate.max_age_days` refuses to convert. Converted amounts are exact fractions rounded once, half to even.

The SML publishes its rate in steps of 0.00005. On 11 March 2022 the quotient 108.88670 / 5.02520 is 21.66813 and the
published rate 21.66815. Cut to five decimals and raised to the next step, the quotients give all fourteen rates
published from 3 to 11 March 2022, both directions. The rule is inferred from these; it was not read in the regulation.

## Interest

`I = r · Σ balance · days / year`, exact, rounded once, half to even. The balance at a day's end stands until the next
one given. `30/360` is the European form, the one whose days add up over any division of the term.
"""

EXAMPLE = """id = "tur-geo"
title = "Example of an enacted scheme"
standing = "enacted"
valid_from = 2026-01-01
unit = "EUR"
unit_scale = 2
deadline_days = 2
overflow = "convertible"
settle_share = 0
payment_max = 2_000_000.00
eligible_hs = ["08", "10", "84"]
excluded_hs = ["8401"]
set_off = false
finality = "When both agents have released the close."
screening_max_age_days = 1
price_band = 3
pending_days = 5

[authority]
name = "Ministry of Examples"
instrument = "Payments agreement of 1 December 2025, article 4"
citation = "Official Gazette 2025/1"
date = 2025-12-01

[rate]
name = "Cross of the central banks' euro rates"
kind = "cross"
max_age_days = 4

[rate.sources]
TRY = "TCMB indicative"
GEL = "NBG official"

[cycle]
length = "monthly"

[interest]
rate = 0.025
rate_name = "Fixed"
day_count = "ACT/360"
on = "daily balance"

[[members]]
country = "TUR"
agent = "Example Bank of Turkey"
currency = "TRY"
swing_limit = 10_000_000.00
weekend = ["Saturday", "Sunday"]
holidays = "TUR"

[[members]]
country = "GEO"
agent = "Example Bank of Georgia"
currency = "GEL"
swing_limit = 10_000_000.00
weekend = ["Saturday", "Sunday"]

[[calendar_years]]
calendar = "TUR"
year = 2026
source = "Official list, shortened for this example"

[[holidays]]
calendar = "TUR"
date = 2026-10-29
name = "Republic Day"
basis = "statute"

[sources]
members = "Payments agreement, article 1"
rate = "Payments agreement, article 5"
cycle = "Payments agreement, article 6"
deadline_days = "Payments agreement, article 6"
interest = "judgement: near the deposit rate"
overflow = "Payments agreement, article 7"
settle_share = "Payments agreement, article 7"
valid_from = "Payments agreement, article 12"
"""

ABOUT = {
    "": "At the top of the file, before any table.",
    "members": "One for each country.",
    "rate": "How amounts are converted.",
    "cycle": "How long obligations are collected before they are netted.",
    "interest": "On the balance carried.",
    "swap": "Credit beyond the clearing that a net debtor may draw.",
    "authority": "The legal authority for booking real payments.",
    "figures": "Published figures, kept so that tests can reproduce them.",
    "calendar_years": "Years that the scheme lists in full for a calendar of its own, or besides the bundled ones.",
    "holidays": "Days on which the banks of a calendar are closed, besides the bundled ones.",
}


def render() -> str:
    """The whole page."""
    years = "\n".join(f"| {each.calendar} | {each.year} | {_cell(each.source)} |" for each in bundled_years())
    parts = [INTRODUCTION, WRITING.format(example=EXAMPLE, years=years), "## Keys\n", *_sections()]
    parts += ["## Presets\n", *(_preset(load_scheme(name)) for name in bundled_schemes())]
    return "\n".join(parts)


def _sections() -> Iterator[str]:
    names = list(dict.fromkeys(each.section for each in fields()))
    for name in names:
        heading = f"[[{name}]]" if name in ARRAYS else f"[{name}]"
        title = f"### `{heading}`" if name else "### Top level"
        optional = " May be left out." if name in OPTIONAL else ""
        lines = [
            title,
            "",
            ABOUT[name] + optional,
            "",
            "| key | type | unit | required | possible values | meaning |",
        ]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_line(each) for each in fields() if each.section == name]
        yield "\n".join([*lines, ""])


def _line(field: Field) -> str:
    bounds = [
        f"≥ {field.low}" if field.low is not None else "",
        f"≤ {field.high}" if field.high is not None else "",
    ]
    allowed = ", ".join(field.allowed) or ", ".join(filter(None, bounds))
    cells = (
        f"`{field.name}`",
        field.type,
        field.unit,
        "yes" if field.required else "",
        allowed,
        field.meaning,
    )
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _preset(scheme: Scheme) -> str:
    until = f" to {scheme.valid_to}" if scheme.valid_to else ""
    lines = [
        f"### `{scheme.id}`",
        "",
        f"{scheme.title}. Standing: {scheme.standing}. From {scheme.valid_from}{until}. Cycle: {scheme.cycle.length}; "
        f"deadline T+{scheme.deadline_days}; unit {scheme.unit}; overflow: {scheme.overflow}; "
        f"settled at the close: {scheme.settle_share:%}.",
        "",
        "| member | agent | currency | swing limit | weekend |",
        "|---|---|---|---|---|",
    ]
    for each in scheme.members:
        limit = _amount(each.swing_limit, scheme)
        weekend = ", ".join(WEEKDAYS[day] for day in each.weekend)
        lines.append(f"| {each.country} | {each.agent} | {each.currency} | {limit} | {weekend} |")
    lines += ["", "| rule | citation |", "|---|---|"]
    lines += [f"| `{key}` | {_cell(text)} |" for key, text in scheme.sources]
    if scheme.figures:
        lines += ["", "| figure | value | source |", "|---|---|---|"]
        lines += [
            f"| {each.name} | {each.value} {each.unit} | {_cell(each.source)} |" for each in scheme.figures
        ]
    return "\n".join([*lines, ""])


def _amount(minor: int | None, scheme: Scheme) -> str:
    if minor is None:
        return "none stated"
    scale = scheme.scale(scheme.unit)
    return f"{scheme.unit} {minor / 10**scale:,.{scale}f}"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"{PAGE} written")
