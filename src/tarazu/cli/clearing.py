"""`tarazu clearing`: what needs no books (schemes, set-off, projection), and the group the desk's commands join."""

from __future__ import annotations

from pathlib import Path

import click

from tarazu.cli.shared import emit, json_option, progress


@click.group()
def clearing() -> None:
    """How payments between the two countries are cleared: project, simulate, and keep the books.

    Out of the box everything is a simulation with synthetic parties. Real payments need a scheme file that
    names its legal authority and instrument, fresh sanctions lists and screening, which is never off.

    \b
    Examples:
      tarazu clearing demo
      tarazu clearing project kaz-irn
      tarazu clearing scheme acu
      tarazu clearing init --scheme kaz-irn --operator aigul --operator bahram
    """


@clearing.command()
@click.argument("name", required=False, metavar="[NAME|FILE]")
@json_option
def scheme(name: str | None, json_path: str | None) -> None:
    """Show a scheme's rules with their sources, or list the presets. Also checks a file of your own.

    \b
    Examples:
      tarazu clearing scheme
      tarazu clearing scheme aladi-ccr
    """
    from tarazu.clearing.scheme import bundled_schemes, load_scheme
    from tarazu.cli.clearing_print import print_scheme, print_schemes, scheme_dict

    if name is None:
        found = [load_scheme(each) for each in bundled_schemes()]
        emit(json_path, {"schemes": [scheme_dict(each) for each in found]}, lambda: print_schemes(found))
    else:
        one = load_scheme(name)
        emit(json_path, scheme_dict(one), lambda: print_scheme(one))


@clearing.command("set-off")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def set_off_command(file: Path, json_path: str | None) -> None:
    """Cancel circular debts: the largest set-off that leaves everybody's net position unchanged.

    FILE is a CSV table with the columns debtor, creditor, amount (whole minor units). Parties have to consent to
    set-off; this only computes it.

    \b
    Example:
      tarazu clearing set-off obligations.csv --json -
    """
    from tarazu.clearing.netting import set_off
    from tarazu.cli.clearing_print import print_set_off, read_table

    found = set_off(read_table(file, ("debtor", "creditor", "amount")))
    data = {
        "total": found.total,
        "cleared": found.cleared,
        "cleared_share": found.cleared_share,
        "compensable": found.compensable,
        "solver": found.solver,
        "obligations": found.table.records(),
        "certificate": dict(
            zip(map(str, found.certificate.firms.tolist()), found.certificate.potential.tolist(), strict=True)
        ),
    }
    emit(json_path, data, lambda: print_set_off(found))


@clearing.command()
@click.argument("pair", nargs=-1, required=True, metavar="DOSSIER | HOME PARTNER")
@click.option("--draws", type=int, default=10_000, show_default=True, help="Draws through the chain.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same projection.")
@json_option
def project(pair: tuple[str, ...], draws: int, seed: int, json_path: str | None) -> None:
    """What clearing would need: net position by month, swing credit at 50/80/95%, what stays to be paid.

    \b
    Examples:
      tarazu clearing project kaz-irn
      tarazu clearing project kaz-irn --json -
    """
    from tarazu.cli.main import subject
    from tarazu.planning.settlement import project_pair
    from tarazu.planning.terminal import print_projection

    dossier, countries = subject(pair)
    with progress():
        found = project_pair(dossier or (countries[0].alpha3, countries[1].alpha3), draws=draws, seed=seed)
    emit(json_path, found.to_dict(), lambda: print_projection(found))


@clearing.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("clearing-sample"),
    show_default=True,
    help="Where to.",
)
def sample(folder: Path) -> None:
    """Write a small set of input files to practise with: parties, a sanctions list, rates, payments. All invented.

    \b
    Example:
      tarazu clearing sample
    """
    from importlib.resources import files

    from tarazu.planning.output import write

    texts = {
        each.name: each.read_text("utf-8")
        for each in files("tarazu.data").joinpath("clearing_sample").iterdir()
    }
    for path in write([(folder, texts)]):
        click.echo(path)
