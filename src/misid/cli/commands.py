"""Every command of the command line, a thin call of the Python interface each.

A command loads what it needs when it is called, so that ``misid --help`` is quick.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from misid._version import VERSION
from misid.cli.echo import echo
from misid.errors import did_you_mean

if TYPE_CHECKING:
    from misid.api import ComparisonResult, EvaluationResult, Result, RunResult
    from misid.findings import Comparison, Findings, Page
    from misid.scenario import Scenario

    Simulated = TypeVar("Simulated", RunResult, ComparisonResult)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
COMPARED_ENCOUNTERS = 200_000
FIRST_ROWS = 8  # of a list of misses


class Commands(click.Group):
    """A group that lists its commands in their own order, and names the nearest where there is none of a name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Refuse an unknown name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}{did_you_mean(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="misid")
def misid() -> None:
    """Measure what a one-to-many face identification system does to people.

    misid takes no face image and never says who anybody is.  Start with: misid run field-app
    """


# What several commands share


def add_options(*options: Decorator) -> Decorator:
    """Return a decorator that adds options, listed in their order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _formats(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Split the formats of charts, and refuse what cannot be had before any work is done."""
    if not value:
        return ()
    from misid.charts import check_formats

    if ctx.params.get("out") is None and (ctx.params.get("as_json") or ctx.info_name == "validate"):
        raise click.UsageError("charts are written into a folder: give --out FOLDER too, or leave --charts out", ctx)
    return check_formats(one.strip() for one in value.split(",") if one.strip())


charts_option = click.option(
    "--charts",
    metavar="FORMATS",
    default="",
    callback=_formats,
    help="Write every chart into charts/ too: csv, svg, png, or several with commas between. Pictures need "
    "misid[figures].",
)


def result_options(default_folder: str) -> Decorator:
    """Return a decorator that adds ``--out``, ``--json``, ``--force`` and ``--charts``."""
    words = f"Folder for the report; {default_folder} if not given."
    return add_options(
        click.option("--out", type=click.Path(path_type=Path), is_eager=True, help=words),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            is_eager=True,
            help="Print the result as JSON; write no files without --out.",
        ),
        click.option("--force", is_flag=True, help="Replace an older result in the folder, and nothing else."),
        charts_option,
    )


def print_json(result: Result) -> None:
    """Print a result as its JSON file holds it."""
    from misid.storage import to_text

    echo(to_text(result.to_json()), nl=False)


@contextmanager
def progress(first: str, total: int = 0, then: str = "") -> Iterator[Callable[[int | float | str], None]]:
    """Show on a terminal what is being done, how much of ``total`` is done, and ``then`` what follows.

    Yields what is to be called with a number whenever so many are done, with the share that is done, or with words for
    what begins.
    """
    if not sys.stderr.isatty():  # nobody watches, and rich takes a while to load
        yield lambda what: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    left = TextColumn("left"), TimeRemainingColumn()
    with Progress(*columns, *left, console=console, transient=True) as bar:
        task = bar.add_task(first, total=total or None)

        def note(what: int | float | str) -> None:
            if isinstance(what, str):
                bar.update(task, description=what, total=None)
                return
            if isinstance(what, float):
                bar.update(task, total=1.0, completed=what)
                return
            bar.advance(task, what)
            if bar.finished:
                note(then)

        yield note


where_options = add_options(
    click.option("--workers", type=int, help="Processes; one per core if not given. Changes nothing but the time."),
    click.option("--executor", default="local", show_default=True, help="Where the work is done: local, or dask."),
    click.option(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="Of dask, tcp://HOST:8786; a cluster of this machine if not given.",
    ),
)


def simulation_options(encounters: int) -> Decorator:
    """Return a decorator that adds ``--encounters``, ``--seed``, ``--workers``, ``--executor`` and ``--scheduler``."""
    words = "Encounters of single synthetic people to simulate."
    return add_options(
        click.option("--encounters", type=int, default=encounters, show_default=True, help=words),
        click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same encounters."),
        where_options,
    )


settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="A value of the scenario, set to another: threshold.field_fpir=0.01. Repeats.",
)


# Simulations


@misid.command("run", short_help="Answer the questions for a scenario, and write the report.")
@click.argument("scenario")
@click.option(
    "--algorithm",
    metavar="CARD",
    default="",
    help="One card instead of the scenario's own: a name or pattern (nec_*), or a card file (out.json).",
)
@settings_option
@simulation_options(encounters=0)
@result_options("misid-NAME")
def run_command(scenario: str, algorithm: str, settings: tuple[str, ...], **options: Any) -> None:
    """Answer the questions for SCENARIO, a packaged name or a file.

    Writes report.html (short), appendix.html (everything), inputs.csv, results.json, scenario.resolved.json and
    provenance.json into one folder, all or nothing.
    With --encounters the same chain also happens to single synthetic people, and the folder holds their ledger; a run
    that was stopped goes on where it was.  `misid scenario list` prints the packaged names.
    """
    from misid import api
    from misid.scenario import load_scenario, with_values

    resolved = load_scenario(scenario)
    with_values(resolved, settings)  # faults before any work
    folder = options["out"] or Path(f"misid-{resolved.name}")
    then = "every stop policy and rule, at every threshold"
    job = partial(api.run, algorithm=algorithm, settings=settings)
    result = _simulate(job, scenario, resolved, folder, then, options, algorithm)
    if options["as_json"]:
        return
    found = result.findings
    _print_head(found)
    for answer in found.leading():
        first = re.split(r"(?<=[.!?]) (?=[A-Z])", answer.count)[0]
        echo(textwrap.fill(f"{answer.id}  {first}", 96, subsequent_indent="     "))
    _print_end(found, folder, "" if found.page is None else found.page.tested)


@misid.command("compare", short_help="Put the same people under several rules, or two scenarios side by side.")
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO [SCENARIO]")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="A rule to compare, or several joined: a+b. Repeats; `all` for all. The scenario's own choice if not given.",
)
@settings_option
@simulation_options(encounters=COMPARED_ENCOUNTERS)
@result_options("misid-NAME-rules")
@click.pass_context
def compare_command(
    ctx: click.Context,
    /,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    settings: tuple[str, ...],
    **options: Any,
) -> None:
    """Put the same people under several rules of one SCENARIO, or two SCENARIOs side by side.

    A scenario is a packaged name or a file.  Writes report.html (short), appendix.html (everything), inputs.csv,
    results.json, scenario.resolved.json, provenance.json and the ledger of simulated people into one folder, all or
    nothing.  The rule in force is always among the rules;
    `misid scenario show NAME --resolved` has them all.  A run that was stopped goes on where it was.  Two scenarios are
    each under their own rule, and nobody is simulated.
    """
    from misid import api
    from misid.findings import check_rules
    from misid.scenario import load_scenario, with_values

    if len(scenarios) > 2:
        raise click.UsageError(f"{len(scenarios)} scenarios are given; name one or two", ctx)
    resolved = [load_scenario(name) for name in scenarios]
    for one in resolved:
        check_rules(with_values(one, settings), policies)  # faults before any work
    name = "-".join(one.name for one in resolved)
    if len(resolved) == 2:
        for option in ("policies", "encounters", "seed", "workers", "executor", "scheduler"):
            if ctx.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE:
                words = "--policy" if option == "policies" else f"--{option}"
                raise click.UsageError(f"{words} has no meaning for two scenarios; leave it out or name one", ctx)
        options["encounters"] = 0
        against = resolved[1] if scenarios[1] == resolved[1].name else scenarios[1]
        job = partial(api.compare, against=against, settings=settings)
    else:
        job = partial(api.compare, policies=policies, settings=settings)
    folder = options["out"] or Path(f"misid-{name}-rules" if len(resolved) == 1 else f"misid-{name}")
    then = "every rule, at every threshold" if len(resolved) == 1 else "both scenarios"
    result = _simulate(job, scenarios[0], resolved[0], folder, then, options)
    if options["as_json"]:
        return
    found = result.comparison
    _print_head(found)
    for line in found.lines:
        echo(textwrap.fill(line, 96, subsequent_indent="     "))
    _print_end(found, folder)


def _simulate(
    job: Callable[..., Simulated],
    scenario: str,
    resolved: Scenario,
    folder: Path,
    then: str,
    options: Mapping[str, Any],
    algorithm: str = "",
) -> Simulated:
    """Do a job as the options ask, and write or print what comes of it; ``then`` says what follows the encounters."""
    from misid import api
    from misid.storage import remove_ledger, reserve

    encounters, force = options["encounters"], options["force"]
    source = resolved if scenario == resolved.name else scenario
    inputs = api.run_inputs(source, resolved, algorithm)
    writes = options["out"] is not None or not options["as_json"]
    # Parts lie beside the result until it is whole; a run that was stopped goes on there.
    work = folder.with_name(f"{folder.name}.partial") if writes and encounters else None
    simulation = {name: options[name] for name in ("encounters", "seed", "workers", "executor", "scheduler")}
    with reserve(folder, force, inputs) if writes else nullcontext():
        if work is not None and force:
            remove_ledger(work, inputs)
        with progress(f"{encounters:,} encounters" if encounters else then, encounters, then) as note:
            result = job(source, **simulation, work=work, on_progress=note)
            if writes:
                result.save(folder, force=force, charts=options["charts"])
    if options["as_json"]:
        print_json(result)
    return result


def _print_head(found: Findings | Comparison) -> None:
    echo(f"SYNTHETIC twin: {found.title}\n")
    echo(textwrap.fill(found.known, 96) + "\n")


def _print_end(found: Findings | Comparison, folder: Path, tested: str = "") -> None:
    echo("\n" + textwrap.fill(tested or found.not_validated, 96))
    if found.illustrative:
        count = len(found.illustrative)
        echo(f"Illustrative: {count} inputs have no source better than press.")
    echo(f"\nReport: {folder / 'report.html'}")


# Evaluations


class Pair(click.ParamType[tuple[str, str]]):
    """Two words around a sign of equality: COLUMN=VALUE."""

    name = "COLUMN=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split the words."""
        first, sign, second = str(value).partition("=")
        if not (first and sign and second):
            self.fail(f"{value!r} is no {self.name}; write for example condition=2", param, ctx)
        return first, second


@misid.command("evaluate", short_help="Evaluate a real algorithm from its scores, candidate lists or embeddings.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", multiple=True, help="What to call the algorithm; given twice, the second one too.")
@click.option("--image-kind", default="", help="Kind of probe image: mugshot, webcam, border, kiosk, or other words.")
@click.option("--threshold", "thresholds", type=float, multiple=True, help="A threshold of interest; repeats.")
@click.option(
    "--threshold-against", "thresholds_against", type=float, multiple=True, help="One of --against, on its own scale."
)
@click.option("--fmr", type=float, multiple=True, help="An FMR of comparisons to set a threshold for; repeats.")
@click.option("--fpir", type=float, multiple=True, help="An FPIR of searches to set a threshold for; repeats.")
@click.option("--group", "groups", multiple=True, metavar="COLUMN", help="Column of groups; repeated, they cross.")
@click.option("--dissimilarity", is_flag=True, help="Scores are distances: lower is more alike.")
@click.option("--similarity", is_flag=True, help="Scores are no distances, whatever the file calls them.")
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The same comparisons by another algorithm, in any order.",
)
@click.option("--subjects", default="", help="Table with a column subject, and groups.")
@click.option("--mask", default="", help="The .mask of a .mtx.")
@click.option("--mates", default="", help="File of `query template` pairs that are mates.")
@click.option("--trials", default="", help="List of what was compared: `sample sample label`, beside a file of scores.")
@click.option(
    "--unscored",
    type=click.Choice(["failed", "left-out"]),
    default=None,
    help="What trials without a score are, or comparisons that one algorithm alone has.",
)
@click.option("--histogram", is_flag=True, help="The second text file counts the non-mated scores 0, 1, 2, ...")
@click.option("--enrolled", default="", help="Subjects who are enrolled, one a line; for candidate lists.")
@click.option("--searched", default="", help="Probe subject of every search, one a line; for lists that were cut.")
@click.option("--gallery-size", type=int, default=0, help="References searched; for candidate lists.")
@click.option("--where", type=Pair(), multiple=True, help="Rows of a table to keep; repeats.")
@click.option("--probes", type=Pair(), multiple=True, help="Embeddings that are probes; repeats.")
@click.option("--references", type=Pair(), multiple=True, help="Embeddings that are enrolled; repeats.")
@click.option("--column", "columns", type=Pair(), multiple=True, help="ROLE=COLUMN where the file's names say nothing.")
@click.option(
    "--names",
    type=click.Choice(["exact", "alike"]),
    default=None,
    help="Whether 007, 7 and 7.0, or Anna and ANNA, are one subject; decided from the data if not given.",
)
@click.option(
    "--labels", type=click.Choice(["reversed"]), default=None, help="Labels 1, same, target mark two people, 0 one."
)
@click.option("--nobody", multiple=True, metavar="NAME", help="A name that stands for nobody, as -1 does; repeats.")
@click.option("--somebody", multiple=True, metavar="NAME", help="A subject's name, although it looks like nobody's.")
@click.option(
    "--subject-from",
    default="",
    metavar="PART",
    help="Part of samples' names that is the subject: folder, before-last, before-first, a pattern; name: all of it.",
)
@click.option(
    "--mated-by",
    type=click.Choice(["names", "label"]),
    default=None,
    help="What says who is mated where names and a label do not agree, or names look like two numberings.",
)
@click.option(
    "--repeats",
    type=click.Choice(["first", "all"]),
    default=None,
    help="Which comparisons of the same two samples count; once if not given, and asked where scores differ.",
)
@click.option(
    "--arrays", type=click.Choice(["scores", "templates"]), default=None, help="What a square array of numbers holds."
)
@click.option(
    "--failed-score",
    "failed_scores",
    multiple=True,
    metavar="SCORE",
    help="A score that is a failure, or none; repeats.",
)
@click.option("--level", type=float, default=0.95, show_default=True, help="Confidence level of intervals.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed and files, the same result.")
@click.option("--card", type=click.Path(path_type=Path), help="Write a card here, for `misid run --algorithm`.")
@click.option("--kernel", default="", help="What counts comparisons of templates: numba, numpy, torch or reference.")
@where_options
@click.option("--no-report", is_flag=True, help="Write figures and tables, no page.")
@result_options("misid-evaluation")
def evaluate_command(files: tuple[Path, ...], **options: Any) -> None:
    """Evaluate a real algorithm from FILES: its scores, candidate lists or embeddings.

    Reads pyeer, bob, OpenBR / NIST BEE, CSV, Parquet, .npy and .npz; says what was taken for granted.  Writes
    report.html (short), appendix.html (everything), evaluation.json, tables and provenance.json into one folder, all or
    nothing.  Numbers only: no row about any one person comes out.
    """
    from misid import api
    from misid.storage import reserve, reserve_file, to_text, write_file

    folder, card, force = options.pop("out"), options.pop("card"), options.pop("force")
    as_json, report = options.pop("as_json"), not options.pop("no_report")
    charts = options.pop("charts")
    writes = folder is not None or not as_json
    folder = folder or Path("misid-evaluation")
    inputs = api.evaluation_inputs(files, options["against"], options)
    with ExitStack() as stack:
        if writes:
            stack.enter_context(reserve(folder, force, inputs))
        if card is not None:
            _check_kind(options["image_kind"])
            stack.enter_context(reserve_file(card, force, inputs, folder if writes else None))
        stage = stack.enter_context(progress("reading"))
        work = folder.with_name(f"{folder.name}.partial") if writes else None
        result = api.evaluate(files, card=card is not None, work=work, on_stage=stage, on_progress=stage, **options)
        # Put into words before anything is written, so that neither is there without the other.
        fitted = to_text(result.card.to_json()) if result.card is not None else ""
        with write_file(card, fitted) if card is not None else nullcontext():
            if writes:
                stage("writing")
                result.save(folder, force=force, report=report, charts=charts)
    if as_json:
        print_json(result)
        return
    _print_evaluation(result)
    if report:
        echo(f"\nReport: {folder / 'report.html'}")
    else:
        echo(f"\nFigures: {folder / 'evaluation.json'}")
    if card is not None:
        named = card
        echo(f"Card: {named}; try: misid run field-app --algorithm {named}")


def _check_kind(kind: str) -> None:
    from misid.errors import MisidError
    from misid.vocabulary import ImageKind

    if kind not in set(ImageKind):
        raise MisidError(f"--card needs --image-kind, one of {', '.join(ImageKind)}; it is {kind!r}")


def _print_evaluation(result: EvaluationResult) -> None:
    page = result.page
    for words in (page.title, page.lead):
        echo(textwrap.fill(words, 96) + "\n")
    echo("Taken for granted:")
    for sentence in result.evaluation.assumed:
        echo(textwrap.fill(f"- {sentence}", 96, subsequent_indent="  "))
    echo(f"\n{textwrap.fill(page.tested, 96)}")


# What ships of predictions beside observations


@misid.command(
    "validate", short_help="Print how misid's own predictions came out beside what was published, misses first."
)
@click.option("--table", "tables", multiple=True, metavar="CODE", help="A table to show; repeats. All if not given.")
@click.option("--no-report", is_flag=True, help="Write figures without the page.")
@click.option("--force", is_flag=True, help="Replace an older result in the folder, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--out", type=click.Path(path_type=Path), is_eager=True, help="Folder for the report; none is written if not given."
)
@charts_option
def validate_command(
    tables: tuple[str, ...], no_report: bool, out: Path | None, as_json: bool, force: bool, charts: tuple[str, ...]
) -> None:
    """Print how misid's own predictions came out beside what was published and what happened, misses first.

    Nothing is computed: this is the summary that ships.  A clone of the repository makes it anew, with every row.  With
    --out, writes report.html (short), appendix.html (everything), validation.json, summary.csv, goals.csv (where goals
    were set) and provenance.json into one folder, all or nothing.
    """
    from misid import api

    if out is None and (force or no_report):
        raise click.UsageError(
            "nothing is written without --out: give --out FOLDER too, or leave --force and --no-report out"
        )
    result = api.validate(tables or None)
    if out is not None:
        result.save(out, force=force, report=not no_report, charts=charts)
    if as_json:
        print_json(result)
        return
    _print_validation(result.page)
    if out is not None:
        last = "Figures" if no_report else "Page"
        echo(f"\n{last}: {out / ('validation.json' if no_report else 'report.html')}")


def _print_validation(page: Page) -> None:
    """Print the appendix without the rows of each table: goals, the worst rows of all, and how each table came out."""
    from misid.cli.tables import print_table

    for words in (page.lead, page.beside):
        echo(textwrap.fill(words, 96) + "\n")
    for section in page.sections:
        echo(textwrap.fill(f"{section.title}. {section.text}".strip(), 96, subsequent_indent="  "))
        for table in section.tables:
            if section.id == "misses":
                print_table(replace(table, rows=table.rows[:FIRST_ROWS]))
        listed = [str(row[0]) for table in section.tables for row in table.rows if section.id == "unsettled"]
        for words in listed or (() if section.charts else section.points):
            echo(textwrap.fill(f"- {words}", 96, subsequent_indent="  ", break_on_hyphens=False))


# Short commands


@misid.command("plan", short_help="How many people and comparisons a claim about an algorithm needs.")
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
def plan_command(confidence: float, as_json: bool, **claim: Any) -> None:
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
    found = plan_study(PlanOptions(confidence=confidence / 100, **claim))
    if as_json:
        echo(to_text(found.to_json()), nl=False)
        return
    from misid.cli.tables import print_table
    from misid.findings import Table

    for sentence in found.remarks:
        echo(sentence)
    echo()
    rows = [
        (name.replace("_", " "), _number(one.value) or "none", _number(one.low), _number(one.high), one.unit)
        for name, one in found.figures.items()
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
    echo("\n".join(SOURCES))


def _number(x: float | None) -> str:
    if x is None:
        return ""
    return f"{x:,.0f}" if x >= 1 else f"{x:.2g}"


@misid.command("evidence", short_help="What counts of false alerts say of how often strangers are named.")
@click.argument("counts", required=False, type=click.Path(path_type=Path))
@click.option(
    "--comparisons",
    type=float,
    help="Independent comparisons of one search: as many as the gallery has images, or fewer where several are of one "
    "person. The gallery of field-app if not given.",
)
@click.option("--template", is_flag=True, help="Print a file of counts to fill in, and do nothing else.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def evidence_command(counts: Path | None, comparisons: float | None, template: bool, as_json: bool) -> None:
    """Estimate false alerts per comparison from a file of COUNTS, and phi at another gallery.

    COUNTS is a CSV with a row for each place: faces, list_size and false_alerts, all at one threshold of one vendor;
    list_size_low and list_size_high, both, where the list is not known; title and source.  phi is the share of
    strangers for whom a search returns a name.  What the counts leave open and what assumed lists leave open are said
    apart.
    """
    from misid import api
    from misid.algorithm import COUNTS_TEMPLATE
    from misid.storage import to_text

    if template:
        echo(COUNTS_TEMPLATE, nl=False)
        return
    if counts is None:
        raise click.UsageError("give a file of counts; misid evidence --template prints one to fill in")
    found = api.evidence(counts, comparisons)
    if as_json:
        echo(to_text(found.to_json()), nl=False)
        return
    for sentence in found.sentences:
        echo(textwrap.fill(sentence, 96, subsequent_indent="  "))


@misid.command("check", short_help="Check that a result folder still holds what was written into it.")
@click.argument("folder", type=click.Path(path_type=Path))
def check_command(folder: Path) -> None:
    """Check that a result FOLDER still holds what was written into it.

    Reads every file that provenance.json lists, and every part of the ledger of encounters, and compares them with what
    was noted when they were written.  Prints one line, or every fault.
    """
    from misid.storage import check_result

    echo(f"OK {folder}: {check_result(folder)}")


@misid.group("scenario", short_help="List, show, check and convert scenarios; print their schema.")
def scenario_command() -> None:
    """List, show, check and convert scenarios; print their schema."""


@scenario_command.command("list")
def list_scenarios() -> None:
    """List the packaged scenarios, and the templates that a file may name."""
    from misid.scenario import TEMPLATES, load_scenario, scenario_names

    width = max(map(len, scenario_names()))
    for name in scenario_names():
        echo(f"{name:<{width}}  {load_scenario(name).title}")
    echo(f"\nTemplates: {', '.join(TEMPLATES)}")


@scenario_command.command("show")
@click.argument("name")
@click.option("--resolved", is_flag=True, help="The complete form that engines read, as JSON.")
def show_scenario(name: str, resolved: bool) -> None:
    """Print scenario NAME as its author wrote it, or complete; of a template, what it supplies."""
    from misid.scenario import TEMPLATES, load_scenario, scenario_names, source_text, template_text
    from misid.storage import to_text

    if name in TEMPLATES:
        echo(template_text(name), nl=False)
    elif resolved:
        echo(to_text(load_scenario(name).to_json()), nl=False)
    elif name in scenario_names():
        echo(source_text(name), nl=False)
    else:
        load_scenario(name)  # faults first: a file that cannot be read is not printed
        echo(Path(name).read_text("utf-8-sig"), nl=False)


@scenario_command.command("check")
@click.argument("files", nargs=-1, required=True)
def check_scenarios(files: tuple[str, ...]) -> None:
    """Check that scenario FILES are well formed; names every fault of every file at once."""
    from misid.errors import Fault, InvalidInput, MisidError
    from misid.scenario import load_scenario

    faults: list[Fault] = []
    for file in files:
        try:
            scenario = load_scenario(file)
        except InvalidInput as error:
            faults += error.faults
        except MisidError as error:
            faults.append(Fault(file, 0, "", str(error)))
        else:
            echo(f"{file}: well formed")
            if scenario.supplied:
                words = f"Template {scenario.template} supplies {', '.join(scenario.supplied)}."
                echo(textwrap.fill(words, 96, initial_indent="  ", subsequent_indent="  "))
    if faults:
        raise InvalidInput(faults, hint="`misid scenario schema` prints every field.")


@scenario_command.command("convert")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def convert_scenario(old: Path, new: Path) -> None:
    """Turn a scenario file of misid 0.1 into one of today's form: OLD is read, NEW is written and must not be there."""
    from misid.scenario import convert_file

    found = convert_file(old, new)
    echo(f"{new}: written")
    filled = [f"template {found.scenario.template} fills in {line}" for line in found.supplied]
    for line in (*found.changed, *filled):
        echo(textwrap.fill(line, 96, initial_indent="  ", subsequent_indent="    "))


@scenario_command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the form that people write."""
    from misid.scenario import json_schema

    echo(json.dumps(json_schema(), indent=2, sort_keys=True))


@misid.group("card", short_help="List and show cards: how well tested algorithms tell faces apart.")
def card_command() -> None:
    """List and show cards: how well tested algorithms tell faces apart."""


@card_command.command("list")
@click.argument("pattern", default="*")
def list_cards(pattern: str) -> None:
    """List card names, all or those that fit PATTERN (nec_*)."""
    from misid.algorithm import match

    for name in match([pattern]):
        echo(name)


@card_command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The card as JSON.")
def show_card(name: str, as_json: bool) -> None:
    """Show card NAME: misses by kind of photo and gallery size, row factors by group, what was tested."""
    from misid.algorithm import load_card
    from misid.storage import to_text

    found = load_card(name)
    if as_json:
        echo(to_text(found.to_json()), nl=False)
        return
    from misid.cli.tables import print_table
    from misid.findings import card_tables

    echo(f"{found.name} ({found.developer})\n")
    for table in card_tables(found):
        print_table(table)
