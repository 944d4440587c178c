"""`tarazu clearing` on the books: found a house, register, screen, submit, decide, close, settle.

Every command opens the house named by ``--house`` (or TARAZU_HOUSE), does one thing and leaves. What needs two
operators is proposed by one command and carried out by `approve`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tarazu.cli.clearing import clearing
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress
from tarazu.core.checks import errors
from tarazu.core.errors import InputError, MessageError

if TYPE_CHECKING:
    from tarazu.clearing.house import ClearingHouse
    from tarazu.clearing.parties import Party

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
Command = Callable[..., Any]


def on_books(command: Command) -> Command:
    """Options that say which books, on which day."""
    for option in (
        click.option(
            "--key",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="TARAZU_KEY",
            help="Private key that signs heads; by default the .key file beside a house that is a file.",
        ),
        click.option(
            "--day",
            type=click.DateTime(["%Y-%m-%d"]),
            envvar="TARAZU_DAY",
            help="Business date, for simulations; today by default.",
        ),
        click.option(
            "--house",
            default="house.db",
            show_default=True,
            envvar="TARAZU_HOUSE",
            help="The books: a file (SQLite) or postgresql://….",
        ),
    ):
        command = option(command)
    return command


def by_option(command: Command) -> Command:
    """Option --by."""
    return click.option(
        "--by", envvar="TARAZU_OPERATOR", required=True, help="Operator who does this, by name."
    )(command)


def opened(house: str, day: Any, key: Path | None) -> ClearingHouse:
    """The house, on its business date."""
    from tarazu.clearing.house import ClearingHouse

    file = _key_file(house)
    signer = key or (file if file is not None and file.exists() else None)
    if "://" not in house and not Path(house).exists():
        raise InputError(f"{house}: there is no clearing house yet. Found one: tarazu clearing init --help.")
    found = ClearingHouse.open(house, key=signer, today=_clock(day))
    if signer is None and found.is_signed:
        click.echo(
            "warning: this house signs its heads; new rows stay unsigned until it is opened with its key.",
            err=True,
        )
    _no_other_day(found, day)
    return found


def _clock(day: Any) -> Callable[[], date]:
    return (lambda: day.date()) if day else date.today


def _no_other_day(house: ClearingHouse, day: Any) -> None:
    if day and not house.scheme.synthetic_only:
        raise InputError("--day is for simulations: real payments are booked on the day they are booked.")


def _is_founded(url: str) -> bool:
    from tarazu.clearing.house import ClearingHouse
    from tarazu.core.errors import StoreError

    try:
        ClearingHouse.open(url).close()
    except StoreError as error:
        if "holds no clearing house yet" in str(error):
            return False
        raise
    return True


def _key_file(house: str) -> Path | None:
    return None if "://" in house else Path(house).with_suffix(".key")


@clearing.command()
@on_books
@click.option("--scheme", "scheme_name", required=True, help="A preset or a scheme file.")
@click.option("--operator", "operators", multiple=True, required=True, help="Name; at least two.")
def init(house: str, day: Any, key: Path | None, scheme_name: str, operators: tuple[str, ...]) -> None:
    """Found a clearing house: its rules, its operators, the key that signs its heads.

    \b
    Example:
      tarazu clearing init --scheme kaz-irn --operator aigul --operator bahram
    """
    from tarazu.clearing import seal
    from tarazu.clearing.house import ClearingHouse
    from tarazu.clearing.scheme import load_scheme

    scheme = load_scheme(scheme_name)
    if "://" not in house and Path(house).exists():
        raise InputError(f"{house} exists already. Name another file with --house.")
    if len(set(operators)) < 2:
        raise InputError(
            "a clearing house needs two named operators or more: --operator NAME --operator NAME."
        )
    if "://" in house and _is_founded(house):
        raise InputError(f"{house} holds a clearing house already. Name another database with --house.")
    file = key or _key_file(house)
    if file is None:
        raise InputError(
            "name the file of the key that signs heads: --key FILE. It is made if it does not exist."
        )
    if not file.exists():
        seal.new_key(file)
    found = ClearingHouse.open(house, scheme, operators=operators, key=file, today=_clock(day))
    found.close()
    click.echo(f"Founded {house} under {scheme.id}: {scheme.title}.")
    if scheme.synthetic_only:
        click.echo("It is a simulation: synthetic parties only, since no legal authority is named.")
    if file is not None:
        click.echo(
            f"Heads are signed with {file}; keep it away from the books, give {file.with_suffix('.pub')} to "
            f"auditors."
        )
    click.echo("Next: load lists (tarazu clearing screen --list FILE), rates, and parties.")


@clearing.group()
def party() -> None:
    """Register parties, and list them with their limits and standing.

    \b
    Examples:
      tarazu clearing party add parties.csv --by aigul
      tarazu clearing party list
    """


@party.command("add")
@on_books
@by_option
@click.argument("file", type=FILE, required=False)
@click.option("--id", "identifier", help="Identifier that payment orders use.")
@click.option("--name", help="Registered name, in any script.")
@click.option("--country", help="Alpha-3 code of a member.")
@click.option(
    "--kind", type=click.Choice(["firm", "bank"]), default="firm", show_default=True, help="What it is."
)
@click.option(
    "--limit", type=int, default=0, show_default=True, help="Line of credit, minor units of its currency."
)
@click.option("--set-off", is_flag=True, help="It consents to multilateral set-off.")
@click.option("--real", is_flag=True, help="A real party; only under a scheme that names its authority.")
def party_add(
    house: str,
    day: Any,
    key: Path | None,
    by: str,
    file: Path | None,
    identifier: str | None,
    name: str | None,
    country: str | None,
    kind: str,
    limit: int,
    set_off: bool,
    real: bool,
) -> None:
    """Register a party, or all of a CSV FILE (id, name, country, kind, limit, set_off); each is screened at once.

    \b
    Examples:
      tarazu clearing party add --by aigul --id grain-1 --name "Specimen Grain" --country KAZ --limit 500000000
      tarazu clearing party add parties.csv --by aigul
    """
    from tarazu.clearing.parties import Party
    from tarazu.cli.clearing_print import print_verdicts

    if file is not None:
        entering = _read_parties(file, real)
    elif identifier and name and country:
        entering = [Party(identifier, name, country.upper(), kind, limit, set_off, synthetic=not real)]
    else:
        raise click.UsageError("expected a CSV file, or --id, --name and --country.")
    books = opened(house, day, key)
    print_verdicts(books.register(entering, by))
    books.close()


@party.command("list")
@on_books
@json_option
def party_list(house: str, day: Any, key: Path | None, json_path: str | None) -> None:
    """List the registered parties: country, limit, consent to set-off, standing.

    \b
    Example:
      tarazu clearing party list
    """
    from tarazu.clearing.state import parties
    from tarazu.cli.clearing_print import print_parties

    found = parties(opened(house, day, key).database)
    emit(json_path, {"parties": found.records()}, lambda: print_parties(found))


def _read_parties(file: Path, real: bool) -> list[Party]:
    from tarazu.clearing.parties import Party
    from tarazu.cli.clearing_print import read_table

    frame = read_table(file, ("id", "name", "country"))
    found = []
    for number, row in enumerate(frame.iter_rows(named=True), start=2):
        text = {name: str(value).strip() for name, value in row.items() if value is not None}
        limit = text.get("limit", "0") or "0"
        if not limit.isdigit():
            raise InputError(
                f"{file.name}, row {number}, column limit: expected whole minor units, got {limit!r}."
            )
        found.append(
            Party(
                text.get("id", ""),
                text.get("name", ""),
                text.get("country", "").upper(),
                text.get("kind", "firm") or "firm",
                int(limit),
                text.get("set_off", "").casefold() in ("true", "yes", "1"),
                synthetic=not real,
                bic=text.get("bic", ""),
            )
        )
    return found


@clearing.command()
@on_books
@click.option("--by", envvar="TARAZU_OPERATOR", help="Operator; needed to load lists.")
@click.option("--list", "files", multiple=True, type=FILE, help="OFAC SDN CSV, UN XML or OpenSanctions CSV.")
@click.option("--alt", type=FILE, help="The SDN list's file of aliases.")
@click.option(
    "--published", type=click.DateTime(["%Y-%m-%d"]), help="Date of the lists, where their files do not say."
)
@click.argument("names", nargs=-1)
@json_option
def screen(
    house: str,
    day: Any,
    key: Path | None,
    by: str | None,
    files: tuple[Path, ...],
    alt: Path | None,
    published: Any,
    names: tuple[str, ...],
    json_path: str | None,
) -> None:
    """Load sanctions lists and screen every party anew, or screen NAMES against lists without booking anything.

    \b
    Examples:
      tarazu clearing screen --by aigul --list sdn.csv --alt alt.csv --published 2026-03-01
      tarazu clearing screen "Specimen Trading" --list un.xml
    """
    from tarazu.clearing.screening.lists import read_list
    from tarazu.cli.clearing_print import finding_dict, print_findings, print_verdicts, verdict_dict

    dated = published.date() if published else None
    lists = [
        read_list(each, alt=alt if index == 0 else None, published=dated) for index, each in enumerate(files)
    ]
    for check in (check for each in lists for check in each.checks):
        click.echo(str(check), err=True)
    if names:
        found = [_screener(lists, house, day, key).screen(name) for name in names]
        emit(json_path, {"findings": [finding_dict(each) for each in found]}, lambda: print_findings(found))
        sys.exit(EXIT_FINDINGS if any(each.hit for each in found) else 0)
    if not lists or by is None:
        raise click.UsageError(
            "expected --list FILE and --by OPERATOR to screen the parties, or names to look up."
        )
    books = opened(house, day, key)
    verdicts = books.load_lists(lists, by)
    books.close()
    emit(json_path, {"verdicts": [verdict_dict(each) for each in verdicts]}, lambda: print_verdicts(verdicts))


def _screener(lists: list[Any], house: str, day: Any, key: Path | None) -> Any:
    from tarazu.clearing import watchlist
    from tarazu.clearing.screening.screen import Screener

    if lists:
        return Screener(lists)
    books = opened(house, day, key)
    with books.database.reading() as connection:
        return watchlist.kept_screener(connection)[1]


@clearing.command()
@on_books
@by_option
@click.argument("file", type=FILE)
def rates(house: str, day: Any, key: Path | None, by: str, file: Path) -> None:
    """Add reference rates from a CSV FILE: date, currency, per_unit, unit, name, source.

    \b
    Example:
      tarazu clearing rates rates.csv --by aigul
    """
    from tarazu.clearing.rates import Rates

    books = opened(house, day, key)
    read = Rates.read(file, books.scheme.unit)
    for check in read.checks:
        click.echo(str(check), err=True)
    if errors(read.checks):
        raise InputError(f"{file.name}: no rate was added. Mend the rows named above.")
    click.echo(f"{books.load_rates(chain.from_iterable(read.series.values()), by)} rates added.")
    books.close()


@clearing.command()
@on_books
@by_option
@click.argument("dossier")
def prices(house: str, day: Any, key: Path | None, by: str, dossier: str) -> None:
    """Take the range of unit values by HS code from a DOSSIER: payments far outside are held.

    \b
    Example:
      tarazu clearing prices kaz-irn --by aigul
    """
    from tarazu.planning.dossier import load
    from tarazu.planning.unit_values import unit_value_ranges

    books = opened(house, day, key)
    click.echo(f"{books.load_prices(unit_value_ranges(load(dossier)), by)} ranges of unit values taken.")
    books.close()


@clearing.command()
@on_books
@click.option(
    "--by", default="", envvar="TARAZU_OPERATOR", help="Operator who hands them in; kept in the journal."
)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--schemas",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of official XSD files.",
)
@click.option(
    "--answers",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a pacs.002 for each file there.",
)
@click.option("--answer-to", default="", metavar="PARTY", help="Who sent the files; needed for --answers.")
@json_option
def submit(
    house: str,
    day: Any,
    key: Path | None,
    by: str,
    files: tuple[Path, ...],
    schemas: Path | None,
    answers: Path | None,
    answer_to: str,
    json_path: str | None,
) -> None:
    """Book payment orders: pacs.008 XML, CSV or JSON. Each is answered; exit code 1 if one was refused.

    \b
    Example:
      tarazu clearing submit payments.xml more.csv
    """
    from tarazu.clearing.messages.read import read_payments
    from tarazu.cli.clearing_files import write_status_report
    from tarazu.cli.clearing_print import print_outcomes, submitted_dict

    if answers is not None and not answer_to:
        raise click.UsageError(
            "--answers needs --answer-to: the party that sent the files, such as agent-KAZ."
        )
    books = opened(house, day, key)
    answered = []
    refused: list[dict[str, str]] = []
    with progress() as step:
        for file in files:
            try:
                batch = read_payments(file, schema_folder=schemas)
            except MessageError as error:
                refused.append({"file": file.name, "reason": str(error)})
                click.echo(f"Refused as a whole: {error}", err=True)
                continue
            outcomes = books.submit(batch.orders, step, by=by)
            answered.append((file.name, batch, outcomes))
            if answers is not None:
                written = write_status_report(books, batch, outcomes, answer_to, answers, file.name)
                click.echo(f"Wrote {written}", err=True)
    books.close()
    data = {"files": [submitted_dict(*each) for each in answered], "refused_files": refused}
    emit(json_path, data, lambda: print_outcomes(answered))
    if refused or any(
        batch.refused or any(o.status == "refused" for o in outcomes) for _, batch, outcomes in answered
    ):
        sys.exit(EXIT_FINDINGS)
