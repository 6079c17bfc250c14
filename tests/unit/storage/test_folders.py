"""A result folder is written whole or not at all, and nothing that is not ours is ever touched."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from misid.errors import OutputRefused
from misid.provenance import provenance
from misid.storage import ENCOUNTERS, check_result, folders, reserve, reserve_file, to_text, write_folder
from misid.storage import write_file as write_reserved
from misid.storage.folders import PROVENANCE

OURS = ("report.html", "results.json", "scenario.resolved.json", "figures.csv", "groups.csv")
NEW = {name: f"new {name}\n" for name in OURS}
OLD = {name: f"old {name}\n" for name in OURS}


def check_target(*args: Any, **named: Any) -> None:
    with reserve(*args, **named):
        pass


def check_file(*args: Any, **named: Any) -> None:
    with reserve_file(*args, **named):
        pass


def write_file(path: Path, text: str, force: bool) -> None:
    with reserve_file(path, force), write_reserved(path, text):
        pass


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def can_exchange(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Where the disk can, an older result and a new one change places at one stroke."""
    if not request.param:
        monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    return request.param


def write(
    folder: Path,
    files: Mapping[str, str],
    force: bool,
    ledger: Path | None = None,
    inputs: Iterable[Path] = (),
) -> None:
    write_folder(folder, files, force, made=provenance("misid run x", 1.0), ledger=ledger, inputs=inputs)


def content(folder: Path) -> dict[str, str]:
    """Every file but the list of them, which is always there."""
    found = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir()}
    del found[PROVENANCE]
    return found


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    write(tmp_path / "out", OLD, force=False)
    assert content(tmp_path / "out") == OLD
    return tmp_path / "out"


# What is written


def test_new_folder_with_its_parents(tmp_path: Path):
    write(tmp_path / "a" / "b" / "out", NEW, force=False)
    assert content(tmp_path / "a" / "b" / "out") == NEW
    assert tree(tmp_path) == ["a", "a/b", "a/b/out", *(f"a/b/out/{name}" for name in sorted((*OURS, PROVENANCE)))]


def test_empty_folder(tmp_path: Path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", NEW, force=False)
    assert content(tmp_path / "out") == NEW
    assert tree(tmp_path) == tree_of(NEW), "nothing beside it"


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(Path("a/../out"), NEW, force=False)
    assert content(tmp_path / "out") == NEW
    assert len(tree(tmp_path)) == 2 + len(OURS)


def test_longest_name_that_the_disk_takes(tmp_path: Path):
    write(tmp_path / ("x" * 255), NEW, force=False)
    assert content(tmp_path / ("x" * 255)) == NEW


def test_lines_end_alike_on_every_system(tmp_path: Path):
    write(tmp_path / "out", {"report.html": "a\nü\n"}, force=False)
    assert (tmp_path / "out" / "report.html").read_bytes() == b"a\n\xc3\xbc\n"


def test_older_result_with_force(old: Path):
    write(old, {"report.html": "new"}, force=True)
    assert content(old) == {"report.html": "new"}, "no file of the older result is left among the new ones"
    assert tree(old.parent) == ["out", "out/provenance.json", "out/report.html"]


def test_folder_keeps_to_the_umask(tmp_path: Path):
    before = os.umask(0o077)
    try:
        write(tmp_path / "out", NEW, force=False)
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out" / "results.json").stat().st_mode & 0o777 == 0o600


# What is refused, before any work and without any change


def test_older_result_without_force(old: Path):
    for act in (lambda: check_target(old, False), lambda: write(old, NEW, force=False)):
        with pytest.raises(OutputRefused, match=re.escape(f"{old}: holds an older result; give --force to replace it")):
            act()
    assert content(old) == OLD


def put_file(out: Path) -> None:
    (out / "thesis.doc").write_text("years of work", "utf-8")


def put_hidden(out: Path) -> None:
    (out / ".git").mkdir()


def put_folder_of_our_name(out: Path) -> None:
    (out / "report.html").unlink()
    (out / "report.html").mkdir()
    (out / "report.html" / "thesis.doc").write_text("years of work", "utf-8")


def put_link_of_our_name(out: Path) -> None:
    (out / "report.html").unlink()
    (out / "report.html").symlink_to("results.json")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("put", [put_file, put_hidden, put_folder_of_our_name, put_link_of_our_name])
def test_other_content_is_refused_even_with_force(old: Path, put: Callable[[Path], None], force: bool):
    put(old)
    before = tree(old)
    with pytest.raises(
        OutputRefused, match=r"holds other files \((thesis.doc|\.git|report\.html)\); give --out an empty"
    ):
        write(old, NEW, force=force)
    assert tree(old) == before
    assert (old / "results.json").read_text("utf-8") == OLD["results.json"]


def test_many_other_files_are_not_all_named(tmp_path: Path):
    for i in range(9):
        (tmp_path / f"f{i}").touch()
    with pytest.raises(OutputRefused, match=re.escape("(f0, f1, f2, f3, f4, …)")):
        check_target(tmp_path, True)


@pytest.mark.parametrize("force", [False, True])
def test_file_or_link_in_the_way(tmp_path: Path, force: bool):
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "nowhere").symlink_to("none")
    for name in ("file", "link", "nowhere"):
        with pytest.raises(OutputRefused, match="is a file or a link, not a folder"):
            write(tmp_path / name, NEW, force=force)
    with pytest.raises(OutputRefused, match=re.escape(f"{tmp_path / 'file'} is not a folder")):
        write(tmp_path / "file" / "a" / "out", NEW, force=force)
    assert tree(tmp_path) == ["file", "folder", "link", "nowhere"]
    assert (tmp_path / "file").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", [".", "", "../here", "/", "/."])
def test_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(OutputRefused, match="is the current folder or a mount point"):
        check_target(Path(name), False)


def test_name_that_no_disk_takes(tmp_path: Path):
    with pytest.raises(OutputRefused, match="File name too long; give --out another name"):
        check_target(tmp_path / ("x" * 256), False)


def test_folder_above_is_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write anywhere
    with pytest.raises(OutputRefused, match=re.escape(f"{tmp_path} cannot be written to; give --out another place")):
        check_target(tmp_path / "a" / "out", False)


def test_folder_cannot_be_listed(old: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(OutputRefused, match="Permission denied; give --out another name"):
        check_target(old, True)


# Whose files are in it: by its own list alone


def whole(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(folder: Path, words: str, **named: Any) -> None:
    """A folder is refused with and without force, before and while it is written, and stays as it is."""
    before = whole(folder.parent)
    for force in (False, True):
        with pytest.raises(OutputRefused, match=re.escape(words)):
            check_target(folder, force, **named)
        with pytest.raises(OutputRefused, match=re.escape(words)):
            write(folder, NEW, force, **named)
    assert whole(folder.parent) == before


def test_names_like_ours_are_not_ours(tmp_path: Path):
    for name in ("groups.csv", "report.html"):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / name).write_text("years of work", "utf-8")
    refused(tmp_path / "out", "out: holds other files (groups.csv, report.html); give --out an empty folder")


def test_own_file_of_our_name_in_an_older_result(tmp_path: Path):
    write(tmp_path / "out", {"report.html": "old"}, force=False)
    (tmp_path / "out" / "groups.csv").write_text("mine", "utf-8")
    refused(tmp_path / "out", "out: holds other files (groups.csv)")


def test_changed_file_is_refused_until_it_is_moved_away(old: Path):
    (old / "groups.csv").write_text("x" * len(OLD["groups.csv"]), "utf-8")
    refused(old, "out: holds files that were changed since misid wrote them (groups.csv); give --out another name, or")
    (old / "groups.csv").rename(old.parent / "mine.csv")
    write(old, NEW, force=True)
    assert content(old) == NEW


@pytest.mark.parametrize("add", [{"note": "mine"}, {"files": {"thesis.doc": {"bytes": 4, "sha256": "00"}}}])
def test_changed_list_is_refused(old: Path, add: dict[str, Any]):
    said = json.loads((old / PROVENANCE).read_text("utf-8"))
    (old / PROVENANCE).write_text(to_text(said | {"files": {**said["files"], **add.pop("files", {})}} | add), "utf-8")
    refused(old, "out: holds files that were changed since misid wrote them (provenance.json)")


def test_result_of_an_older_misid(old: Path):
    (old / PROVENANCE).write_text('{"schema": "misid/provenance/1", "misid": "0.1.0"}', "utf-8")
    refused(old, "holds a result of an older misid, which does not say what it wrote; remove the folder yourself")


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{", "{}", '{"schema": "other/provenance/2", "files": {}}', "[" * 10**5]
)
def test_list_that_is_none_of_ours(old: Path, text: str | None):
    (old / PROVENANCE).unlink() if text is None else (old / PROVENANCE).write_text(text, "utf-8")
    refused(old, "out: holds other files (figures.csv, ")


def test_link_as_a_list(old: Path):
    (old / PROVENANCE).rename(old.parent / "elsewhere.json")
    (old / PROVENANCE).symlink_to(old.parent / "elsewhere.json")
    refused(old, "out: holds other files (figures.csv, ")


def late(monkeypatch: pytest.MonkeyPatch, when: str, out: Path, act: Callable[[Path], None]) -> None:
    """Have something happen when the older result is not found by its name any more, or when the new one is."""
    rename, exchange, seen = Path.rename, folders._exchange, list[Path]()

    def late_rename(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        if self == out and when == "moved aside":
            act(Path(target))
        if target == out and self.suffix == ".ready" and when == "put in place":
            act(self.with_suffix(".old"))
        return moved

    def late_exchange(one: Path, other: Path) -> bool:
        done = exchange(one, other)
        if done and when == "moved aside" and not seen:  # the second one puts it back
            seen.append(one)
            act(one)
        return done

    check = folders._check_replaceable

    def late_check(folder: Path, place: Path, *rest: Any) -> None:
        check(folder, place, *rest)
        if place.suffix == ".ready" and when == "put in place":
            act(place)

    monkeypatch.setattr(Path, "rename", late_rename)
    monkeypatch.setattr(folders, "_exchange", late_exchange)
    monkeypatch.setattr(folders, "_check_replaceable", late_check)


@pytest.mark.parametrize("name", ["thesis.doc", "groups.csv", "encounters/thesis.doc"])
@pytest.mark.parametrize("when", ["moved aside", "put in place"])
def test_what_comes_in_between_survives(
    old: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, when: str, name: str
):
    def come(aside: Path) -> None:
        if not (aside / name).is_file() or (aside / name).read_text("utf-8") != "years of work":
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).unlink(missing_ok=True)
            (aside / name).write_text("years of work", "utf-8")

    late(monkeypatch, when, old, come)
    with pytest.raises(OutputRefused) as said:
        write(old, NEW, force=True)
    if when == "moved aside":
        assert name in str(said.value)
        assert whole(old).pop(name) == b"years of work"
        assert content_of_names(old, OLD, but=name)
        assert not list(old.parent.glob(".misid-*"))
    else:
        (aside,) = old.parent.glob(".misid-*")
        assert f"is written; what came into the older result meanwhile is kept in {aside}" in str(said.value)
        assert whole(aside).pop(name) == b"years of work"
        assert {*whole(aside)} == {name, PROVENANCE}
        assert content(old) == NEW


def content_of_names(folder: Path, expected: dict[str, str], but: str) -> bool:
    return all((folder / name).read_text("utf-8") == text for name, text in expected.items() if name != but)


def test_folder_that_comes_in_between_leaves_the_older_result(old: Path, monkeypatch: pytest.MonkeyPatch):
    def come(aside: Path) -> None:
        old.mkdir()
        (old / "thesis.doc").write_text("years of work", "utf-8")

    monkeypatch.setattr(folders, "_exchange", lambda one, other: False)
    late(monkeypatch, "moved aside", old, come)
    with pytest.raises(OutputRefused, match="the older result is kept in ") as said:
        write(old, NEW, force=True)
    (aside,) = old.parent.glob(".misid-*")
    assert str(aside) in str(said.value)
    assert content(aside) == OLD
    assert whole(old) == {"thesis.doc": b"years of work"}


# Killed in the middle


class Killed(BaseException):
    """Stands for a kill: nothing after it is done."""


@pytest.mark.parametrize("at", range(1, 6))
def test_a_kill_leaves_the_older_result_or_the_new_one(
    old: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, at: int, caplog: pytest.LogCaptureFixture
):
    rename, exchange, steps = os.rename, folders._exchange, []

    def dies(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any, **named: Any) -> Any:
            if len(steps) == at:
                raise Killed
            steps.append(at)
            return real(*args, **named)

        return act

    with monkeypatch.context() as dying:
        dying.setattr(os, "rename", dies(rename))
        dying.setattr(folders, "_exchange", dies(exchange) if can_exchange else lambda one, other: False)
        dying.setattr(folders, "remove_files", dies(folders.remove_files))
        settle = folders._settle  # a killed process settles nothing
        dying.setattr(folders, "_settle", lambda *given: settle(*given) if not steps else None)
        with suppress(Killed):
            write(old, NEW, force=True)
    found = content(old) if old.exists() else None
    assert found in (OLD, NEW) or (not can_exchange and found is None)
    if found is None:
        with pytest.raises(OutputRefused, match=r"was killed set it aside as .*; run again, or rename it"):
            check_result(old)
    with pytest.raises(OutputRefused, match="holds an older result"):
        write(old, NEW, force=False)
    assert content(old) == (found or OLD)
    assert ("is back, which a killed misid had set aside" in caplog.text) == (found is None)
    assert os.listdir(old.parent) == ["out"], "what was half-done is gone"


# Inputs in it


def test_input_inside_however_it_is_spelled(old: Path, monkeypatch: pytest.MonkeyPatch):
    top = old.parent
    monkeypatch.chdir(top)
    (top / "link").symlink_to("out")
    (top / "one.json").symlink_to("out/results.json")
    (top / "up").symlink_to(".")
    for path in ("out/results.json", "link/results.json", "one.json", "up/out/results.json", "out/../out/results.json"):
        refused(old, f"{path}, which the result is made from; give --out another name", inputs=[Path(path)])
        refused(top / "up" / "out", "which the result is made from", inputs=[Path(path)])
    check_target(old, True, inputs=[Path("out.json"), Path("outer/results.json"), Path("nowhere/x"), Path("out/../y")])
    assert content(old) == OLD


def test_nested_input(tmp_path: Path):
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "x.csv").write_text("mine", "utf-8")
    refused(tmp_path / "out", "sub/x.csv, which the result is made from", inputs=[tmp_path / "out" / "sub" / "x.csv"])


# What goes wrong in the middle


class Failing:
    """Stands in for a system call; fails at its n-th call."""

    def __init__(self, real: Callable[..., object], at: int, error: BaseException) -> None:
        self.real, self.at, self.error, self.calls = real, at, error, 0

    def __call__(self, *args: object, **named: object) -> object:
        self.calls += 1
        if self.calls == self.at:
            raise self.error
        return self.real(*args, **named)


FULL = OSError(errno.ENOSPC, "No space left on device")
WORDS = {"full": (FULL, "the disk is full"), "other": (OSError(errno.EIO, "Input/output error"), "Input/output error")}


@pytest.mark.parametrize("at", [1, 2, 4])
@pytest.mark.parametrize("kind", WORDS)
def test_disk_gives_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, kind: str):
    error, words = WORDS[kind]
    fsync = Failing(os.fsync, at, error)
    monkeypatch.setattr(os, "fsync", fsync)
    out = tmp_path / "a" / "b" / "out"
    with pytest.raises(OutputRefused, match=re.escape(f"{out}: cannot be written: {words}; nothing was changed")):
        write(out, NEW, force=False)
    assert fsync.calls == at
    assert tree(tmp_path) == [], "not even the folders above it"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=False) if mount else None
    if done is None or done.returncode:
        pytest.skip("no right to mount a small disk here; the tests above stand in for it")
    yield place
    subprocess.run(["umount", place], check=True)


def test_disk_is_really_full(small_disk: Path):
    write(small_disk / "out", OLD, force=False)
    with pytest.raises(OutputRefused, match="the disk is full; nothing was changed"):
        write(small_disk / "out", {**NEW, "report.html": "x" * 100_000}, force=True)
    assert content(small_disk / "out") == OLD
    assert tree(small_disk) == tree_of(OLD)


def test_disk_gives_out_over_an_older_result(old: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, 3, FULL))
    with pytest.raises(OutputRefused, match="the disk is full"):
        write(old, NEW, force=True)
    assert content(old) == OLD
    assert tree(old.parent) == tree_of(OLD)


def tree_of(files: dict[str, str]) -> list[str]:
    return ["out", *(f"out/{name}" for name in sorted((*files, PROVENANCE)))]


def test_folder_above_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "mkdir", Failing(os.mkdir, 1, PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(OutputRefused, match="cannot be written: Permission denied; give --out another name"):
        write(tmp_path / "a" / "out", NEW, force=False)
    assert tree(tmp_path) == []


@pytest.mark.parametrize("at", [1, 4])
def test_interrupt_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int):
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, at, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a" / "out", NEW, force=False)
    assert tree(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EBUSY, "Device or resource busy")])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_interrupt_while_swapping(
    old: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, at: int, error: BaseException
):
    at = min(at, 2) if can_exchange else at
    rename = Failing(os.rename, at, error)
    monkeypatch.setattr(os, "rename", rename)
    expected = OutputRefused if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write(old, NEW, force=True)
    assert rename.calls >= at
    assert content(old) == OLD
    assert tree(old.parent) == tree_of(OLD)


def test_an_error_after_the_new_result_stands_is_none(old: Path, monkeypatch: pytest.MonkeyPatch):
    sync = folders._sync

    def fails(path: Path) -> None:
        if path == old.parent:
            raise WORDS["other"][0]
        sync(path)

    monkeypatch.setattr(folders, "_sync", fails)
    write(old, NEW, force=True)
    assert content(old) == NEW


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_waits_while_results_change_places(
    old: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, number: int
):
    """One that comes at any name that changes is answered once the new result stands and nothing is half-done."""
    rename, remove = Path.rename, folders.remove_files

    def interrupted(real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*args: Any) -> Any:
            signal.raise_signal(number)
            return real(*args)

        return act

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted(rename))
    monkeypatch.setattr(folders, "remove_files", interrupted(remove))
    before = signal.signal(number, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            write(old, NEW, force=True)
    finally:
        assert signal.signal(number, before) is stop
    assert content(old) == NEW
    assert os.listdir(old.parent) == ["out"]


# What is moved in


LEDGER = {"plan.json": "plan", "part-00000-nist_kept.parquet": "rows", "part-00000.json": "note"}
MOVED = {f"{ENCOUNTERS}/{name}": text for name, text in LEDGER.items()}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A run's folder, as far as it matters here."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name, text in LEDGER.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def texts(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != PROVENANCE]
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}


def no_link(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link")


@pytest.mark.parametrize("can_link", [True, False], ids=["same disk", "other disk"])
def test_ledger_is_moved_in(tmp_path: Path, ledger: Path, monkeypatch: pytest.MonkeyPatch, can_link: bool):
    if not can_link:
        monkeypatch.setattr(os, "link", no_link)
    write(tmp_path / "out", NEW, force=False, ledger=ledger)
    assert texts(tmp_path / "out") == NEW | MOVED
    assert not ledger.exists()
    write(tmp_path / "out", OLD, force=True)
    assert texts(tmp_path) == {f"out/{name}": text for name, text in OLD.items()}, "a result without one replaces it"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize(("module", "name", "at"), [(os, "rename", 1), (shutil, "copyfile", 2), (os, "fsync", 5)])
def test_ledger_stays_where_it_is_if_the_result_is_not_written(
    tmp_path: Path,
    ledger: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    name: str,
    at: int,
    error: BaseException,
):
    monkeypatch.setattr(os, "link", no_link)
    failing = Failing(getattr(module, name), at, error)
    monkeypatch.setattr(module, name, failing)
    with pytest.raises(OutputRefused if isinstance(error, OSError) else KeyboardInterrupt):
        write(tmp_path / "out", NEW, force=False, ledger=ledger)
    assert failing.calls >= at
    assert texts(ledger) == LEDGER
    assert tree(tmp_path) == ["run", *(f"run/{file}" for file in sorted(LEDGER))]


def test_ledger_that_is_not_there(tmp_path: Path):
    with pytest.raises(OutputRefused, match="No such file or directory; nothing was changed"):
        write(tmp_path / "out", NEW, force=False, ledger=tmp_path / "nowhere")
    assert tree(tmp_path) == []


@pytest.mark.parametrize("put", ["thesis.doc", "part-00000-nist_kept.parquet/thesis.doc", "part-0.json", ".git"])
def test_folder_of_our_name_with_other_content_is_refused(tmp_path: Path, ledger: Path, put: str):
    write(tmp_path / "out", NEW, force=False, ledger=ledger)
    place = tmp_path / "out" / ENCOUNTERS / put
    if place.parent.is_file():
        place.parent.unlink()
        place.parent.mkdir()
    place.write_text("years of work", "utf-8")
    before = texts(tmp_path / "out")
    with pytest.raises(OutputRefused, match=re.escape(f"holds other files (encounters/{put.split('/')[0]})")):
        write(tmp_path / "out", OLD, force=True)
    assert texts(tmp_path / "out") == before


@pytest.mark.parametrize("inside", [True, False])
def test_link_in_place_of_a_ledger_is_refused(tmp_path: Path, ledger: Path, inside: bool):
    write(tmp_path / "out", NEW, force=False)
    if inside:
        (tmp_path / "out" / ENCOUNTERS).mkdir()
        (tmp_path / "out" / ENCOUNTERS / "plan.json").symlink_to(ledger / "plan.json")
    else:
        (tmp_path / "out" / ENCOUNTERS).symlink_to(ledger)
    named = "encounters/plan.json" if inside else "encounters"
    with pytest.raises(OutputRefused, match=re.escape(f"holds other files ({named})")):
        write(tmp_path / "out", OLD, force=True)
    assert texts(ledger) == LEDGER


# The text


def test_json_is_canonical_and_has_no_nan():
    assert to_text({"b": [1], "a": "ü"}) == '{\n "a": "ü",\n "b": [\n  1\n ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_text({"a": float("nan")})


def test_json_escapes_what_yaml_would_refuse_or_fold():
    text = "tab\t del\x7f nel\x85 separator\u2028 mark\ufeff ü\U0001f642"
    written = to_text({"a": text})
    assert json.loads(written) == {"a": text}
    assert "\\u007f nel\\u0085 separator\\u2028 mark\\ufeff ü\U0001f642" in written


# One file


def test_a_file_is_written_whole(tmp_path: Path):
    write_file(tmp_path / "card.json", "one\n", force=False)
    assert (tmp_path / "card.json").read_text() == "one\n"
    assert tree(tmp_path) == ["card.json"]


def test_an_older_file_stands_unless_forced(tmp_path: Path):
    write_file(tmp_path / "card.json", "one\n", force=False)
    with pytest.raises(OutputRefused, match="stands already; give --force"):
        write_file(tmp_path / "card.json", "two\n", force=False)
    assert (tmp_path / "card.json").read_text() == "one\n"
    write_file(tmp_path / "card.json", "two\n", force=True)
    assert (tmp_path / "card.json").read_text() == "two\n"


def test_a_file_never_takes_the_place_of_a_folder_or_link(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("folder", "link"):
        with pytest.raises(OutputRefused, match="is a folder or a link"):
            write_file(tmp_path / name, "x", force=True)
    with pytest.raises(OutputRefused, match="is not a folder"):
        write_file(tmp_path / "none" / "card.json", "x", force=True)


def test_a_full_disk_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_file(tmp_path / "card.json", "one\n", force=False)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputRefused, match="the disk is full; nothing was changed"):
        write_file(tmp_path / "card.json", "two\n", force=True)
    assert (tmp_path / "card.json").read_text() == "one\n"
    assert tree(tmp_path) == ["card.json"]


def test_a_file_never_takes_the_place_of_an_input(tmp_path: Path):
    (tmp_path / "scores.csv").write_text("mine", "utf-8")
    (tmp_path / "link.csv").symlink_to("scores.csv")
    os.link(tmp_path / "scores.csv", tmp_path / "hard.csv")
    for read in ("scores.csv", "link.csv", "hard.csv", "../" + tmp_path.name + "/scores.csv"):
        for force in (False, True):
            with pytest.raises(OutputRefused, match="is one of the files that are read; give another name"):
                check_file(tmp_path / "scores.csv", force, [tmp_path / read])
    check_file(tmp_path / "card.json", True, [tmp_path / "scores.csv"])


@pytest.mark.parametrize("there", [True, False])
def test_a_file_stays_out_of_the_result(tmp_path: Path, there: bool):
    if there:
        (tmp_path / "out").mkdir()
    with pytest.raises(OutputRefused, match=r"lies in .*out, which the result takes for itself; give another place"):
        check_file(tmp_path / "out" / "report.html", True, apart=tmp_path / "x" / ".." / "out")
    check_file(tmp_path / "outer.json", True, apart=tmp_path / "out")


# Charts on their own


def test_charts_are_part_of_a_result(tmp_path):
    out = tmp_path / "out"
    charts = {"charts/a.csv": "a,b\r\n", "charts/a.png": b"\x89PNG\r\n\x00"}
    write(out, {**OLD, **charts}, force=False)
    assert (out / "charts/a.png").read_bytes() == charts["charts/a.png"]
    assert {*charts} < {*json.loads((out / PROVENANCE).read_text("utf-8"))["files"]}
    write(out, NEW, force=True)
    assert content(out) == NEW
    assert tree(tmp_path) == sorted(["out", *(f"out/{name}" for name in (*NEW, PROVENANCE))])


@pytest.mark.parametrize("planted", ["link", "file", "folder"])
def test_what_stands_among_charts_and_is_not_ours_stays(tmp_path, planted):
    out, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    (other / "mine.csv").write_text("mine")
    write(out, {**OLD, "charts/a.csv": "a"}, force=False)
    if planted == "link":
        shutil.rmtree(out / "charts")
        (out / "charts").symlink_to(other)
    elif planted == "file":
        (out / "charts/mine.csv").write_text("mine")
    else:
        shutil.copytree(other, out / "charts/more")
    before = tree(out)
    with pytest.raises(OutputRefused, match="holds other files"):
        write(out, NEW, force=True)
    assert tree(out) == before
    assert (other / "mine.csv").read_text() == "mine"
