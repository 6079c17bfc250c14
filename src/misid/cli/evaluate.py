"""``misid evaluate``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from misid.cli.options import print_json, progress, result_options

if TYPE_CHECKING:
    from misid.api import EvaluationResult

SHOWN = ("eer", "fnmr_at_fmr_1e-3", "rank_1", "threshold_at_fpir_0.01", "fnir_at_fpir_0.01", "fmr_max_over_min")


class Pair(click.ParamType[tuple[str, str]]):
    """Two words around a sign of equality: COLUMN=VALUE."""

    name = "COLUMN=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split the words."""
        first, sign, second = str(value).partition("=")
        if not (first and sign and second):
            self.fail(f"{value!r} is no {self.name}; write for example condition=2", param, ctx)
        return first, second


@click.command("evaluate", short_help="Evaluate a real algorithm from its scores, candidate lists or embeddings.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call the algorithm; the file's name if not given.")
@click.option("--image-kind", default="", help="Kind of probe image: mugshot, webcam, border, kiosk, or other words.")
@click.option("--threshold", "thresholds", type=float, multiple=True, help="A threshold of interest; repeats.")
@click.option("--group", "groups", multiple=True, metavar="COLUMN", help="Column of groups; repeated, they cross.")
@click.option("--dissimilarity", is_flag=True, help="Scores are distances: lower is more alike.")
@click.option(
    "--against", multiple=True, type=click.Path(path_type=Path), help="The same comparisons by another algorithm."
)
@click.option("--subjects", default="", help="Table with a column subject, and groups.")
@click.option("--mask", default="", help="The .mask of a .mtx.")
@click.option("--mates", default="", help="File of `query template` pairs that are mates.")
@click.option("--histogram", is_flag=True, help="The second text file counts the non-mated scores 0, 1, 2, ...")
@click.option("--enrolled", default="", help="Subjects who are enrolled, one a line; for candidate lists.")
@click.option("--gallery-size", type=int, default=0, help="References searched; for candidate lists.")
@click.option("--where", type=Pair(), multiple=True, help="Rows of a table to keep; repeats.")
@click.option("--probes", type=Pair(), multiple=True, help="Embeddings that are probes; repeats.")
@click.option("--references", type=Pair(), multiple=True, help="Embeddings that are enrolled; repeats.")
@click.option("--column", "columns", type=Pair(), multiple=True, help="ROLE=COLUMN where the file's names say nothing.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Confidence level of intervals.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed and files, the same result.")
@click.option("--card", type=click.Path(path_type=Path), help="Write a card here, for `misid run --algorithm`.")
@click.option("--no-report", is_flag=True, help="Write figures and tables, no page.")
@result_options("misid-evaluation")
def evaluate_command(files: tuple[Path, ...], **options: Any) -> None:
    """Evaluate a real algorithm from FILES: its scores, candidate lists or embeddings.

    Reads pyeer, bob, OpenBR / NIST BEE, CSV, Parquet, .npy and .npz; says what was taken for granted.  Writes
    report.html, evaluation.json, tables and provenance.json into one folder, all or nothing.  Numbers only: no row
    about any one person comes out.
    """
    from misid import api
    from misid.storage import check_file, check_target, to_text, write_file

    folder, card, force = options.pop("out"), options.pop("card"), options.pop("force")
    as_json, report = options.pop("as_json"), not options.pop("no_report")
    writes = folder is not None or not as_json
    folder = folder or Path("misid-evaluation")
    inputs = api.evaluation_inputs(files, options["against"], options)
    if writes:
        check_target(folder, force, inputs)
    if card is not None:
        _check_kind(options["image_kind"])
        check_file(card, force, inputs, folder if writes else None)
    with progress("reading") as stage:
        result = api.evaluate(files, card=card is not None, on_stage=stage, **options)
        # Put into words before anything is written, so that neither is there without the other.
        fitted = to_text(result.card.to_json()) if result.card is not None else ""
        if writes:
            stage("writing")
            result.save(folder, force=force, report=report)
        if card is not None:
            write_file(card, fitted, force)
    if as_json:
        print_json(result)
        return
    _print_words(result)
    if report:
        click.echo(f"\nReport: {folder / 'report.html'}")
    else:
        click.echo(f"\nFigures: {folder / 'evaluation.json'}")
    if card is not None:
        click.echo(f"Card: {card}; try: misid run field-app --algorithm {card}")


def _check_kind(kind: str) -> None:
    from misid.errors import MisidError
    from misid.vocabulary import ImageKind

    if kind not in set(ImageKind):
        raise MisidError(f"--card needs --image-kind, one of {', '.join(ImageKind)}; it is {kind!r}")


def _print_words(result: EvaluationResult) -> None:
    page = result.page
    for words in (page.title, page.known):
        click.echo(textwrap.fill(words, 96) + "\n")
    click.echo("Taken for granted:")
    for sentence in result.evaluation.assumed:
        click.echo(textwrap.fill(f"- {sentence}", 96, subsequent_indent="  "))
    click.echo(f"\n{textwrap.fill(page.not_validated, 96)}")
