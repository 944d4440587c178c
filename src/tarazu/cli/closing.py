"""`tarazu clearing` on the books: what two operators decide, the day, the close, statements, verification."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tarazu.cli.clearing import clearing
from tarazu.cli.desk import FILE, by_option, on_books, opened
from tarazu.cli.shared import EXIT_FINDINGS, emit, json_option, progress

YES_NO = click.option("--release/--block", required=True, help="Let it pass, or stop it.")
REASON = click.option("--reason", required=True, help="Why; kept in the journal.")


def _propose(house: str, day: Any, key: Path | None, by: str, action: str, **details: Any) -> None:
    books = opened(house, day, key)
    number = books.propose(action, details, by)
    books.close()
    click.echo(
        f"Proposal {number}: {action}. Another operator approves it: tarazu clearing approve {number} --by NAME"
    )


@clearing.command()
@on_books
@by_option
@click.argument("party_id", metavar="PARTY")
@YES_NO
@REASON
def decide(
    house: str, day: Any, key: Path | None, by: str, party_id: str, release: bool, reason: str
) -> None:
    """Propose what a screening hit means: somebody else (release), or the listed party (block).

    \b
    Example:
      tarazu clearing decide trader-7 --release --reason "other date of birth, passport seen" --by aigul
    """
    _propose(house, day, key, by, "decide", party=party_id, release=release, reason=reason)


@clearing.command("pass-price")
@on_books
@by_option
@click.argument("payment", type=int)
@YES_NO
@REASON
def pass_price(
    house: str, day: Any, key: Path | None, by: str, payment: int, release: bool, reason: str
) -> None:
    """Propose to let a payment held for its unit value pass, or to refuse it.

    \b
    Example:
      tarazu clearing pass-price 412 --release --reason "seed barley, contract 17 seen" --by aigul
    """
    _propose(house, day, key, by, "pass-price", payment=payment, release=release, reason=reason)


@clearing.command()
@on_books
@by_option
@click.argument("owner", metavar="PARTY")
@click.argument("amount", type=int)
def limit(house: str, day: Any, key: Path | None, by: str, owner: str, amount: int) -> None:
    """Propose another limit, in minor units: a firm's line of credit, or an agent's swing limit.

    \b
    Example:
      tarazu clearing limit grain-1 750000000 --by aigul
    """
    purpose = "clearing" if owner.startswith("agent-") else "customer"
    _propose(house, day, key, by, "set-limit", owner=owner, purpose=purpose, limit=amount)


@clearing.command()
@on_books
@by_option
@click.argument("name")
def operator(house: str, day: Any, key: Path | None, by: str, name: str) -> None:
    """Propose another operator.

    \b
    Example:
      tarazu clearing operator dana --by aigul
    """
    _propose(house, day, key, by, "add-operator", name=name)


@clearing.command()
@on_books
@by_option
@click.argument("file", type=FILE)
def adopt(house: str, day: Any, key: Path | None, by: str, file: Path) -> None:
    """Propose other rules: a scheme FILE with the same unit of account and the same members.

    \b
    Example:
      tarazu clearing adopt my-scheme.toml --by aigul
    """
    from tarazu.clearing.scheme import load_scheme

    _propose(house, day, key, by, "adopt-scheme", text=load_scheme(file).text)


@clearing.command()
@on_books
@click.argument("kind", type=click.Choice(["pacs.004", "pacs.009", "camt.054", "camt.056"]))
@click.argument("subject")
@click.option("--reason", default="", help="Cancellation reason code of a camt.056, such as DUPL.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to; here by default.",
)
def message(
    house: str, day: Any, key: Path | None, kind: str, subject: str, reason: str, folder: Path
) -> None:
    """Write an ISO 20022 message about a payment, a settlement or a party.

    A payment's return (pacs.004) or recall (camt.056) and a settlement's instruction (pacs.009) are asked for by
    number, the notification of a party's day (camt.054) by the party.

    \b
    Examples:
      tarazu clearing message camt.056 43 --reason DUPL
      tarazu clearing message camt.054 grain-1
    """
    from tarazu.cli.clearing_files import write_message

    click.echo(f"Wrote {write_message(opened(house, day, key), kind, subject, reason, folder)}")


@clearing.command()
@on_books
@by_option
@click.argument("payment", type=int)
@click.option("--code", default="NARR", show_default=True, help="ISO 20022 return reason code, such as AC04.")
@REASON
def reverse(house: str, day: Any, key: Path | None, by: str, payment: int, code: str, reason: str) -> None:
    """Propose to reverse a posted payment, at its own amounts, in the open cycle.

    \b
    Example:
      tarazu clearing reverse 412 --code DUPL --reason "sent twice" --by aigul
    """
    _propose(house, day, key, by, "reverse", payment=payment, code=code, reason=reason)


@clearing.command()
@on_books
@by_option
@click.option("--interest-rate", help="Share a year, where the scheme reads it at each close: 0.045.")
def close(house: str, day: Any, key: Path | None, by: str, interest_rate: str | None) -> None:
    """Propose to close the open cycle. It is closed when another operator approves.

    \b
    Example:
      tarazu clearing close --by aigul
    """
    _propose(house, day, key, by, "close-cycle", interest_rate=interest_rate)


@clearing.command()
@on_books
@by_option
@click.argument("settlement", type=int)
@click.option("--arrived", metavar="REFERENCE", help="It has arrived, under this reference: book it.")
@click.option("--rejected", metavar="CODE", help="The instruction was rejected, with this reason code.")
@click.option("--returned", metavar="CODE", help="It was returned after it had arrived.")
@click.option("--reissue", is_flag=True, help="Make a rejected or returned one due again.")
@click.option("--reason", default="", help="Words to a rejection or return.")
def settle(
    house: str,
    day: Any,
    key: Path | None,
    by: str,
    settlement: int,
    arrived: str | None,
    rejected: str | None,
    returned: str | None,
    reissue: bool,
    reason: str,
) -> None:
    """Propose to release a settlement between the agents; afterwards say what became of it.

    \b
    Examples:
      tarazu clearing settle 977 --by aigul
      tarazu clearing settle 977 --arrived FT2604-11 --by aigul
    """
    chosen = [each for each in (arrived, rejected, returned, reissue) if each]
    if len(chosen) > 1:
        raise click.UsageError("expected one of --arrived, --rejected, --returned, --reissue, or none.")
    if not chosen:
        _propose(house, day, key, by, "release-settlement", settlement=settlement)
        return
    books = opened(house, day, key)
    if arrived:
        books.confirm_settlement(settlement, arrived, by)
    elif rejected:
        books.reject_settlement(settlement, rejected, reason, by)
    elif returned:
        books.return_settlement(settlement, returned, reason, by)
    else:
        books.reissue_settlement(settlement, by)
    books.close()
    word = "arrived" if arrived else "rejected" if rejected else "returned" if returned else "due again"
    click.echo(f"Settlement {settlement}: {word}.")


@clearing.command()
@on_books
@by_option
@click.argument("number", type=int, metavar="PROPOSAL")
@click.option(
    "--messages",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the pacs.009 or pacs.004 it leads to there.",
)
@json_option
def approve(
    house: str, day: Any, key: Path | None, by: str, number: int, messages: Path | None, json_path: str | None
) -> None:
    """Approve another operator's proposal, and so carry it out.

    \b
    Example:
      tarazu clearing approve 981 --by bahram
    """
    from tarazu.cli.clearing_files import write_for_proposal
    from tarazu.cli.clearing_print import print_approval, result_dict

    books = opened(house, day, key)
    result = books.approve(number, by)
    if messages is not None:
        for path in write_for_proposal(books, number, messages):
            click.echo(f"Wrote {path}", err=True)
    unit = books.scheme.unit
    books.close()
    emit(json_path, result_dict(result), lambda: print_approval(number, result, unit))


@clearing.command()
@on_books
@by_option
@click.argument("number", type=int, metavar="PROPOSAL")
def withdraw(house: str, day: Any, key: Path | None, by: str, number: int) -> None:
    """Close a proposal without effect.

    \b
    Example:
      tarazu clearing withdraw 981 --by aigul
    """
    books = opened(house, day, key)
    books.withdraw(number, by)
    books.close()
    click.echo(f"Proposal {number} is withdrawn.")


@clearing.command()
@on_books
@by_option
@click.argument("payment", type=int)
@REASON
def void(house: str, day: Any, key: Path | None, by: str, payment: int, reason: str) -> None:
    """Release a pending payment's hold: it will not be posted.

    \b
    Example:
      tarazu clearing void 412 --reason "order cancelled" --by aigul
    """
    books = opened(house, day, key)
    books.void(payment, reason, by)
    books.close()
    click.echo(f"Payment {payment} is voided.")


@clearing.command()
@on_books
@by_option
@click.argument("payment", type=int)
@click.option("--end", is_flag=True, help="The dispute is over.")
@REASON
def dispute(house: str, day: Any, key: Path | None, by: str, payment: int, end: bool, reason: str) -> None:
    """Mark a payment as disputed: while it is pending it is not posted.

    \b
    Example:
      tarazu clearing dispute 412 --reason "goods not delivered" --by aigul
    """
    books = opened(house, day, key)
    books.dispute(payment, reason, by, raised=not end)
    books.close()
    click.echo(f"Payment {payment}: dispute {'ended' if end else 'raised'}.")


@clearing.command()
@on_books
@json_option
def advance(house: str, day: Any, key: Path | None, json_path: str | None) -> None:
    """Begin the business day: post what is due, expire what is late, book what waited, mark what is overdue.

    \b
    Example:
      tarazu clearing advance
    """
    from tarazu.cli.clearing_print import day_dict, print_day

    books = opened(house, day, key)
    rolled = books.advance()
    books.close()
    emit(json_path, day_dict(rolled), lambda: print_day(rolled))


@clearing.command()
@on_books
@json_option
def show(house: str, day: Any, key: Path | None, json_path: str | None) -> None:
    """How the house stands: cycle, balances, what is held, queued, proposed and due.

    \b
    Example:
      tarazu clearing show
    """
    from tarazu.cli.clearing_print import print_state

    books = opened(house, day, key)
    found = books.state()
    emit(json_path, found.to_dict(), lambda: print_state(found))


@clearing.command()
@on_books
@click.argument("party_id", metavar="PARTY")
@click.option("--cycle", type=int, help="Number of the cycle; the open one by default.")
@click.option(
    "--html",
    "html_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it there, ready to print.",
)
@click.option(
    "--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), help="Write its movements there."
)
@click.option(
    "--camt053",
    "camt_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it there as ISO 20022.",
)
@json_option
def statement(
    house: str,
    day: Any,
    key: Path | None,
    party_id: str,
    cycle: int | None,
    html_path: Path | None,
    csv_path: Path | None,
    camt_path: Path | None,
    json_path: str | None,
) -> None:
    """A party's statement: opening + movements = closing, what was set off, what was screened and what was not.

    \b
    Examples:
      tarazu clearing statement grain-1
      tarazu clearing statement grain-1 --cycle 1 --html grain-1.html --csv grain-1.csv
    """
    from tarazu.cli.clearing_print import print_statement
    from tarazu.planning.output import write

    books = opened(house, day, key)
    found = books.statement(party_id, cycle=cycle)
    outputs: list[tuple[Path, str | dict[str, str]]] = []
    if html_path:
        outputs.append((html_path, found.to_html()))
    if csv_path:
        outputs.append((csv_path, found.to_csv()))
    if camt_path:
        outputs.append((camt_path, found.to_camt053().decode()))
    written = write(outputs) if outputs else []
    for path in written:
        click.echo(f"Wrote {path}", err=bool(json_path))
    if json_path or not written:
        emit(json_path, found.to_dict(), lambda: print_statement(found))


@clearing.command()
@on_books
@click.argument("file", type=FILE)
@click.option(
    "--agent", required=True, metavar="COUNTRY", help="Whose account the bank's statement is of: KAZ."
)
@click.option(
    "--account", "purpose", default="convertible", show_default=True, help="convertible or domestic."
)
@json_option
def reconcile(
    house: str,
    day: Any,
    key: Path | None,
    file: Path,
    agent: str,
    purpose: str,
    first: Any,
    last: Any,
    json_path: str | None,
) -> None:
    """Match the bank's own statement (camt.053) with the books and list every difference. Exit code 1 if any.

    \b
    Example:
      tarazu clearing reconcile bank.xml --agent KAZ
    """
    from tarazu.clearing.messages.bank import read_statements
    from tarazu.clearing.parties import agent_id
    from tarazu.clearing.reconcile import reconcile as compare
    from tarazu.cli.clearing_print import print_reconciliations, reconciliation_dict

    days: dict[str, Any] = {"first": first.date() if first else None, "last": last.date() if last else None}
    books = opened(house, day, key)
    found = [
        compare(books.database, books.scheme, each, agent_id(agent.upper()), purpose, **days)
        for each in read_statements(file)
    ]
    data = {"statements": [reconciliation_dict(each) for each in found]}
    emit(json_path, data, lambda: print_reconciliations(found))
    if not all(each.agrees for each in found):
        sys.exit(EXIT_FINDINGS)


@clearing.command()
@on_books
@click.option(
    "--public-key", type=FILE, help="File with the public key in hexadecimal; the auditor's own copy."
)
@json_option
def verify(house: str, day: Any, key: Path | None, public_key: Path | None, json_path: str | None) -> None:
    """Recompute chain, balances, limits, cycles and netting from the journal alone. Exit code 1 at the first break.

    \b
    Examples:
      tarazu clearing verify
      tarazu clearing verify --public-key house.pub --json -
    """
    from tarazu.cli.clearing_print import print_verification, verification_dict

    books = opened(house, day, key)
    trusted = public_key.read_text(encoding="ascii").strip() if public_key else None
    with progress() as step:
        found = books.verify(trusted, step)
    emit(json_path, verification_dict(found), lambda: print_verification(found))
    if not found.ok:
        sys.exit(EXIT_FINDINGS)


@clearing.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same year.")
@click.option(
    "--days", type=click.IntRange(40, 365), default=365, show_default=True, help="Days to simulate."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("clearing-demo"),
    show_default=True,
    help="Where books, messages and statements go.",
)
@click.option("--postgresql", metavar="URL", help="Keep the books there instead of in a file.")
@json_option
def demo(seed: int, days: int, folder: Path, postgresql: str | None, json_path: str | None) -> None:
    """A year of Kazakhstan–Iran payments between synthetic parties, killed at random on the way, and proven.

    \b
    Example:
      tarazu clearing demo
    """
    from tarazu.clearing.demo import run_demo
    from tarazu.cli.clearing_print import print_demo

    with progress() as step:
        found = run_demo(folder, seed=seed, days=days, url=postgresql, progress=step)
    emit(json_path, found.to_dict(), lambda: print_demo(found))
    if not found.ok:
        sys.exit(EXIT_FINDINGS)
