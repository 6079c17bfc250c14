"""What each command prints, refuses and returns."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import time
from pathlib import Path

import pytest

import misid.cli.main as cli
from misid import api
from misid._version import VERSION
from misid.algorithm import card_names, load_card
from misid.cli.commands import misid as program
from misid.findings.questions.registry import asked
from misid.scenario import ORDER, Scenario, json_schema, load_scenario, source_text, template_text
from misid.storage import to_text

RUN = ("report.html", "appendix.html", "inputs.csv", "results.json", "scenario.resolved.json", "provenance.json")

# misid itself


def test_help_lists_every_command(misid):
    said = misid("--help")
    assert (said.status, said.err) == (0, "")
    for name, command in program.commands.items():
        assert f"  {name} " in said.out
        assert command.short_help.split(".")[0] in " ".join(said.out.split())
    assert misid("-h") == said


ESCAPE = "\x1b[31mred\u202e\x9b"


@pytest.mark.parametrize(
    "command", [["run"], ["evaluate"], ["check"], ["card", "show"], [], ["run", "field-app", "--out"]]
)
def test_what_a_terminal_acts_on_is_shown_in_errors(misid, tmp_path, command):
    (tmp_path / ESCAPE).touch()
    said = misid(*command, tmp_path / ESCAPE)
    assert said.status == 2
    assert r"\x1b[31mred\u202e\x9b" in said.err
    assert not {*ESCAPE} & {*said.err} & {"\x1b", "\u202e", "\x9b"}


@pytest.mark.slow
def test_what_a_terminal_acts_on_is_shown_in_a_title(misid, small, tmp_path):
    title = r'title: "\e[31mred\u202e\x9b"'
    small.write_text(small.read_text("utf-8").replace("title: Small town", title, 1), "utf-8")
    said = misid("run", small, "--out", tmp_path / "out")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(r"SYNTHETIC twin: \x1b[31mred\u202e\x9b")


@pytest.mark.parametrize("command", program.commands)
def test_every_command_has_its_help(misid, command: str):
    said = misid(command, "--help")
    assert said.status == 0
    assert said.out.startswith(f"Usage: misid {command}")


def test_version(misid):
    assert misid("--version") == (0, f"misid, version {VERSION}\n", "")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["rnu"], "unknown command 'rnu'; did you mean 'run'?"),
        (
            ["xyzzy"],
            "unknown command 'xyzzy'; known: run, compare, evaluate, validate, plan, evidence, check, scenario, …",
        ),
        (["scenario", "xyzzy"], "No such command 'xyzzy'"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "field-app", "--frce"], "--force"),
        (["scenario", "check"], "Missing argument 'FILES...'"),
        (["run", "feld-app"], "unknown scenario 'feld-app'; did you mean 'field-app'"),
        (["scenario", "show", "polis-live"], "unknown scenario 'polis-live'; did you mean 'police-live'?"),
        (["card", "show", "nec_100"], "unknown card 'nec_100'; did you mean 'nec_010'"),
        (["card", "list", "acme_*"], "unknown card 'acme_*'; known: "),
        (["run", "none.yaml"], "none.yaml\n  cannot be read: No such file or directory; check the path"),
    ],
)
def test_what_the_user_can_fix_is_status_2(misid, tmp_path, monkeypatch, args: list[str], words: str):
    monkeypatch.chdir(tmp_path)
    said = misid(*args)
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_bug_is_status_1_with_what_a_report_needs(misid, small, monkeypatch):
    def broken(scenario: Scenario) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("misid.api.simulation.findings", broken)
    said = misid("run", small)
    assert (said.status, said.out) == (1, "")
    assert "Traceback" in said.err
    assert "ZeroDivisionError: a bug of ours" in said.err
    assert "This is a bug in misid, please report it with the lines above." in said.err
    assert f"misid {VERSION}, Python " in said.err
    assert list(small.absolute().parent.iterdir()) == [small.absolute()]


def test_a_report_of_a_bug_is_no_wall_of_code(misid, small, monkeypatch):
    def broken(scenario: Scenario, depth: int = 300) -> None:
        if depth:
            broken(scenario, depth - 1)  # a call of its own each time, or Python says that lines repeat
        raise ZeroDivisionError("x" * 100_000)

    monkeypatch.setattr("misid.api.simulation.findings", broken)
    said = misid("run", small)
    assert said.status == 1
    assert len(said.err) < 30_000
    assert "This is a bug in misid" in said.err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS])
def test_what_a_machine_refuses_is_no_bug(misid, small, monkeypatch, number):
    def full(scenario: Scenario) -> None:
        raise OSError(number, os.strerror(number), "results.json")

    monkeypatch.setattr("misid.api.simulation.findings", full)
    said = misid("run", small)
    assert (said.status, said.out) == (2, "")
    assert said.err == f"Error: results.json: {os.strerror(number)}; check the path, the disk and what may be opened\n"


def test_a_name_that_is_no_text_is_refused(misid):
    said = misid("evaluate", os.fsdecode(b"caf\xe9.csv"))
    assert (said.status, said.out) == (2, "")
    assert "is not text in UTF-8; rename the file" in said.err


def test_interrupt_is_status_130_and_nothing_is_written(misid, small, monkeypatch):
    def interrupted(scenario: Scenario) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("misid.api.simulation.findings", interrupted)
    said = misid("run", small, "--out", "out")
    assert (said.status, said.out) == (130, "")
    assert said.err.strip() == "stopped; a result is written whole or not at all"
    assert list(small.absolute().parent.iterdir()) == [small.absolute()]


@pytest.mark.parametrize("answer", [RuntimeError("Query interrupted"), ImportError("half loaded"), None], ids=repr)
def test_interrupt_that_comes_back_as_something_else_is_status_130(misid, small, monkeypatch, answer):
    def interrupted(scenario: Scenario) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        if answer is not None:
            raise answer

    monkeypatch.setattr("misid.api.simulation.findings", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = misid("run", small, "--out", "out")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert said == (130, "", "stopped; a result is written whole or not at all\n")


def test_interrupt_in_a_place_that_can_raise_nothing_is_sent_again(misid, small, monkeypatch):
    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    reached = []

    def interrupted(scenario: Scenario) -> None:
        Dying()
        time.sleep(30)
        reached.append(scenario)

    monkeypatch.setattr("misid.api.simulation.findings", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = misid("run", small, "--out", "out")
    finally:
        signal.signal(signal.SIGINT, before)
    assert said.status == 130
    assert said.err.strip() == "stopped; a result is written whole or not at all"
    assert not reached


def test_main_exits_with_the_status(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["rnu"])
    assert stop.value.code == 2


# scenario


def test_scenario_list(misid):
    said = misid("scenario", "list")
    *lines, gap, templates = said.out.splitlines()
    assert [line.split()[0] for line in lines] == list(ORDER)
    assert [line.split(maxsplit=1)[1] for line in lines] == [load_scenario(name).title for name in ORDER]
    assert (gap, templates) == ("", "Templates: field, live_watchlist, investigation, border_booth")


def test_scenario_show(misid, small):
    assert misid("scenario", "show", "field-app") == (0, source_text("field-app"), "")
    assert misid("scenario", "show", small) == (0, small.read_text("utf-8"), "")
    assert misid("scenario", "show", "live_watchlist") == (0, template_text("live_watchlist"), "")


def test_scenario_show_resolved(misid, small):
    said = misid("scenario", "show", small, "--resolved")
    assert json.loads(said.out) == load_scenario("small.yaml").to_json()
    # What is printed is itself a scenario file, and the same scenario.
    Path("resolved.json").write_text(said.out, "utf-8")
    assert load_scenario("resolved.json").digest() == load_scenario("small.yaml").digest()


def test_scenario_show_prints_no_faulty_file(misid, small):
    small.write_text("secret: 1\n", "utf-8")
    said = misid("scenario", "show", small)
    assert (said.status, said.out) == (2, "")


def test_scenario_check_names_every_fault_of_every_file(misid, small):
    Path("one.yaml").write_text("schema: misid/scenario/2\ntemplate: field\ntitel: t\n", "utf-8")
    Path("two.yaml").write_text(small.read_text("utf-8").replace("nec_010", "nec_o10"), "utf-8")
    said = misid("scenario", "check", small, "one.yaml", "none.yaml", "field-app", "nowhere", "two.yaml")
    assert said.status == 2
    assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [
        "small.yaml: well formed",
        "field-app: well formed",
    ]
    assert "none.yaml\n  cannot be read: No such file or directory; check the path\n" in said.err
    assert "nowhere\n  unknown scenario 'nowhere'; known: " in said.err
    assert "one.yaml:3  titel\n  unknown field; did you mean 'title' or 'entitled'?\n" in said.err
    assert "two.yaml:4  algorithm.cards.0\n  unknown card 'nec_o10'; did you mean 'nec_010'" in said.err
    assert said.err.endswith("6 problems. `misid scenario schema` prints every field.\n")


def test_scenario_check_of_good_files(misid, small):
    said = misid("scenario", "check", *ORDER)
    assert (said.status, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [f"{n}: well formed" for n in ORDER]
    assert "  Template investigation supplies action, algorithm, candidates," in said.out


def test_scenario_convert(misid, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = Path(__file__).parents[2] / "data" / "scenario_1" / "packaged" / "field-app-coded.yaml"
    said = misid("scenario", "convert", old, "new.yaml")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("new.yaml: written\n  schema: misid/scenario/1 is misid/scenario/2 now\n")
    assert "  template field fills in capture.tail_shift_decades: 0.5, -0.3 to 0.8 (0, -1 to 2 in 0.1)\n" in said.out
    assert misid("scenario", "check", "new.yaml").status == 0
    again = misid("scenario", "convert", old, "new.yaml")
    assert (again.status, again.out) == (2, "")
    assert "new.yaml is there already" in again.err
    assert "convert it: misid scenario convert OLD NEW" in misid("run", old).err


def test_scenario_schema(misid):
    assert json.loads(misid("scenario", "schema").out) == json_schema()


# card


def test_card_list(misid):
    assert misid("card", "list").out.splitlines() == list(card_names())
    some = misid("card", "list", "nec_*").out.splitlines()
    assert some == [name for name in card_names() if name.startswith("nec_")]
    assert 0 < len(some) < len(card_names())


def test_card_show(misid):
    said = misid("card", "show", "nec-010")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("nec_010 (")
    assert "mugshot" in said.out
    assert "east" in said.out.lower()


def test_card_show_json(misid):
    said = misid("card", "show", "nec_010", "--json")
    assert said.status == 0
    assert said.out == to_text(load_card("nec_010").to_json())
    assert json.loads(said.out)["name"] == "nec_010"


# run


def test_run_json_computes_and_writes_no_file(misid, small, found):
    said = misid("run", small, "--json")  # the whole chain, nothing replaced
    assert said.status == 0, said.err
    results = json.loads(said.out)
    assert results["schema"] == "misid/results/2"
    assert results["misid"] == VERSION
    assert results["scenario_digest"] == load_scenario("small.yaml").digest()
    assert [answer["id"] for answer in results["answers"]] == sorted({id_ for _, id_ in asked()})
    assert results["answers"] == found.to_json()["answers"], "the same bytes for the same scenario"
    assert list(small.absolute().parent.iterdir()) == [small.absolute()]


def test_run_writes_its_folder(misid, small, quick):
    said = misid("run", small, "--out", "a/out")
    assert said.status == 0, said.err
    out = Path("a/out")
    assert sorted(entry.name for entry in out.iterdir()) == sorted(RUN)
    assert "SYNTHETIC" in said.out
    assert str(out / "report.html") in said.out
    results = json.loads((out / "results.json").read_text("utf-8"))
    assert results["scenario_digest"] == load_scenario("small.yaml").digest()
    assert load_scenario("a/out/scenario.resolved.json").digest() == load_scenario("small.yaml").digest()
    provenance = json.loads((out / "provenance.json").read_text("utf-8"))
    assert provenance["command"] == "misid run small.yaml"


def test_run_records_what_was_set(misid, small, quick):
    said = misid(
        "run", small, "--set", "gallery.n_references=5e6", "--set", "threshold.field_fpir=0.01", "--out", "out"
    )
    assert said.status == 0, said.err
    results = json.loads(Path("out/results.json").read_text("utf-8"))
    assert results["settings"] == {"gallery.n_references": "5e6", "threshold.field_fpir": "0.01"}
    command = "misid run small.yaml --set gallery.n_references=5e6 --set threshold.field_fpir=0.01"
    assert json.loads(Path("out/provenance.json").read_text("utf-8"))["command"] == command
    resolved = json.loads(Path("out/scenario.resolved.json").read_text("utf-8"))
    assert (resolved["gallery"]["n_references"]["value"], resolved["threshold"]["field_fpir"]["value"]) == (5e6, 0.01)


def test_run_refuses_a_path_that_is_not_there_before_it_computes(misid, small, monkeypatch):
    monkeypatch.setattr(api, "run", lambda *args, **options: pytest.fail("computed"))
    said = misid("run", small, "--set", "threshold.feld_fpir=0.01")
    assert said.status == 2
    assert "unknown path; did you mean 'threshold.field_fpir'" in said.err


def test_run_names_the_folder_after_the_scenario(misid, small, quick):
    assert misid("run", small).status == 0
    assert sorted(entry.name for entry in Path("misid-small").iterdir()) == sorted(RUN)


def test_run_json_and_folder(misid, small, quick):
    said = misid("run", small, "--json", "--out", "out")
    assert said.status == 0
    assert said.out == Path("out/results.json").read_text("utf-8")


def test_run_of_the_same_scenario_gives_the_same_bytes(misid, small, quick):
    assert misid("run", small, "--out", "one").status == 0
    assert misid("run", small, "--out", "two").status == 0
    for name in RUN:
        if name != "provenance.json":
            assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_run_refuses_other_content_before_it_computes(misid, small, monkeypatch, force: list[str]):
    computed = []
    monkeypatch.setattr("misid.api.simulation.findings", computed.append)
    Path("out").mkdir()
    Path("out/thesis.doc").write_text("years of work", "utf-8")
    said = misid("run", small, "--out", "out", *force)
    assert (said.status, said.out) == (2, "")
    assert said.err == "Error: out: holds other files (thesis.doc); give --out an empty folder or a new name\n"
    assert computed == []
    assert [entry.name for entry in Path("out").iterdir()] == ["thesis.doc"]


def test_run_refuses_a_faulty_scenario_before_it_computes(misid, small, monkeypatch):
    computed = []
    monkeypatch.setattr("misid.api.simulation.findings", computed.append)
    small.write_text(small.read_text("utf-8").replace("share: 1,", "share: 0.9,"), "utf-8")
    said = misid("run", small)
    assert (said.status, said.out, computed) == (2, "", [])
    assert "small.yaml:11  stops.everybody.blocks\n  shares sum to 0.9, not 1; make them a whole\n" in said.err


def test_run_replaces_an_older_result_only_with_force(misid, small, quick):
    assert misid("run", small, "--out", "out").status == 0
    before = Path("out/report.html").stat().st_ino
    said = misid("run", small, "--out", "out")
    assert said.status == 2
    assert "out: holds an older result; give --force to replace it, or --out another name" in said.err
    assert Path("out/report.html").stat().st_ino == before
    for _ in range(2):
        assert misid("run", small, "--out", "out", "--force").status == 0
    assert Path("out/report.html").read_text("utf-8") == api.RunResult.html
    Path("out/report.html").write_text("mine", "utf-8")
    said = misid("run", small, "--out", "out", "--force")
    assert said.status == 2
    assert "out: holds files that were changed since misid wrote them (report.html)" in said.err
    assert Path("out/report.html").read_text("utf-8") == "mine"


@pytest.mark.slow
@pytest.mark.parametrize("command", [["run"], ["compare", "--encounters", "10"]])
def test_scenario_or_card_inside_the_result_is_refused_before_anything_is_computed(misid, small, quick, command):
    assert misid("run", small, "--out", "out").status == 0
    Path("link").symlink_to("out")
    for scenario in ("out/scenario.resolved.json", "./link/scenario.resolved.json"):
        said = misid(*command, scenario, "--out", "out", "--force")
        assert said.status == 2
        assert "scenario.resolved.json, which the result is made from; give --out another name" in said.err
    Path("out.partial").mkdir()
    Path("out.partial/plan.json").write_bytes(small.read_bytes())
    said = misid(*command, "out.partial/plan.json", "--encounters", 10, "--out", "out", "--force")
    assert said.status == 2
    assert Path("out.partial/plan.json").read_bytes() == small.read_bytes()
    assert misid("run", "out/scenario.resolved.json", "--out", "new").status == 0


def test_a_packaged_name_is_no_input(misid, small, quick):
    Path("field-app").mkdir()
    assert misid("run", "field-app", "--out", "field-app").status == 0
    assert misid("run", "field-app", "--out", "field-app", "--force").status == 0
