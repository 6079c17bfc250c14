"""``misid plan``."""

from __future__ import annotations

import click


@click.command("plan")
@click.option("--fmr", type=float, help="Claim: FMR is at most this (1e-6).")
@click.option("--confidence", type=float, default=95.0, show_default=True, help="Of the claim, in percent.")
@click.option("--subjects", type=int, help="People you have: what can they carry?")
@click.option("--images", type=int, default=1, show_default=True, help="Photos of each person.")
@click.option(
    "--cv",
    type=float,
    default=1.0,
    show_default=True,
    help="How much people's own rates differ: standard deviation over mean.",
)
@click.option("--fpir", type=float, help="Claim: FPIR is at most this, at the size of --gallery.")
@click.option("--gallery", type=int, help="People enrolled.")
@click.option("--ratio", type=float, help="Ratio of two groups' rates that the test is to show.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Probability of showing it.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def plan_command(
    fmr: float | None,
    confidence: float,
    subjects: int | None,
    images: int,
    cv: float,
    fpir: float | None,
    gallery: int | None,
    ratio: float | None,
    power: float,
    as_json: bool,
) -> None:
    r"""Say how many people and comparisons a claim about error rates needs.

    \b
    misid plan --fmr 1e-6 --confidence 95
    misid plan --subjects 500 --images 4
    misid plan --fpir 0.003 --gallery 1000 --ratio 2
    """
    from misid.errors import OutOfRange
    from misid.evaluation import SOURCES, PlanOptions, plan_study
    from misid.storage import to_text

    if not 50 <= confidence < 100:
        raise OutOfRange("--confidence", confidence, "at least 50 and below 100, in percent")
    found = plan_study(PlanOptions(fmr, confidence / 100, subjects, images, cv, fpir, gallery, ratio, power))
    if as_json:
        click.echo(to_text(found.to_json()), nl=False)
        return
    from misid.cli.tables import print_table
    from misid.findings import Table

    for sentence in found.remarks:
        click.echo(sentence)
    click.echo()
    rows = [
        (name.replace("_", " "), *_numbers(figure.value, figure.low, figure.high), figure.unit)
        for name, figure in found.figures.items()
    ]
    print_table(
        Table(
            "What it takes",
            ("figure", "value", "if independent", "if photos repeat", "unit"),
            tuple(rows),
            "Value: people differ by the given coefficient of variation, an assumption. "
            "If photos repeat: photos of the same two people always agree.",
        )
    )
    if found.errors_allowed:
        counted = tuple((errors, f"{trials:,.0f}", f"{times:.2f}") for errors, trials, times in found.errors_allowed)
        print_table(
            Table("If errors are seen, independent trials", ("errors", "trials", "times those for none"), counted)
        )
    click.echo("\n".join(SOURCES))


def _numbers(value: float | None, low: float | None, high: float | None) -> tuple[str, str, str]:
    first, second, third = (_said(x) for x in (value, low, high))
    return (first or "none"), second, third


def _said(x: float | None) -> str:
    if x is None:
        return ""
    return f"{x:,.0f}" if x >= 1 else f"{x:.2g}"
