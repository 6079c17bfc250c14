"""What a long run has counted so far, in one file beside its result: a run that was killed goes on from there."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic

import numpy as np
import numpy.typing as npt

from misid._version import VERSION
from misid.errors import OutputRefused
from misid.storage.folders import prepared
from misid.storage.locks import ANOTHER_NAME, beside, refusal
from misid.vocabulary.shown import shown

Whole = npt.NDArray[np.integer]
SCHEMA = "misid/checkpoint/1"
EVERY = 30.0  # seconds after which it is written again at the latest
PIECES = 40  # or after this part of the blocks: what a killed run loses is at most two of these
SHARE = 0.05  # of the time that writing it may take
_GUESSED = 0.05  # seconds that the first writing may take
_ABOUT, _DONE = "about", "done"
_SEAL = sha256().digest_size  # bytes at the end of the file
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr


class Checkpoint:
    """Tallies of a run and which of its blocks they hold, written now and then.

    Parameters
    ----------
    path : Path
        Its file; the folder is there and is locked by the run.
    of : mapping of str to str
        What the tallies are of, by a word for each: ``{"data": digest, "plan": digest}``.  The version of misid is
        added.
    blocks : int
        How many there are, numbered from 0.

    Notes
    -----
    It holds whole numbers that add up over blocks: never names, nor rows of the data.
    """

    def __init__(self, path: Path, of: Mapping[str, str], blocks: int) -> None:
        self._path = path
        self._of = {**of, "version": VERSION}
        self._done = np.zeros(blocks, np.bool_)
        self._new = 0  # blocks that are not in the file
        self._last = monotonic()
        self._cost = _GUESSED
        self._is_told = False

    def read(self) -> dict[str, Whole]:
        """Return the tallies of the blocks that are done; none where no file is.

        Raises
        ------
        OutputRefused
            If the file is of something else or of another version, or cannot be read.
        """
        advice = f"remove it to count anew, or {ANOTHER_NAME}"
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise refusal(self._path, error, advice, "read") from None
        try:
            if sha256(data[:-_SEAL]).digest() != data[-_SEAL:]:
                raise ValueError
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about = json.loads(bytes(arrays.pop(_ABOUT)))
            of = about["of"] if about["schema"] == SCHEMA else {"version": about["of"]["version"]}
            done = np.unpackbits(arrays.pop(_DONE), count=about["blocks"]).astype(np.bool_)
            unlike = [word for word in {**self._of, **of} if of.get(word) != self._of.get(word)]
        except Exception:
            raise OutputRefused(f"{self._path}: is no checkpoint of misid's, or a damaged one; {advice}") from None
        if "version" in unlike:
            raise OutputRefused(
                f"{self._path}: is a checkpoint of misid {of['version']!s:.40}, and this is {VERSION}; {advice}"
            )
        if unlike or done.size != self._done.size:
            what = " and ".join(unlike) or "number of blocks"
            raise OutputRefused(f"{self._path}: is a checkpoint of another run (its {what} is not the same); {advice}")
        self._done = done
        return arrays

    def left(self) -> list[int]:
        """Return the blocks that are not done."""
        return [int(block) for block in np.flatnonzero(~self._done)]

    def note(self, block: int, tallies: Callable[[], Mapping[str, Whole]]) -> None:
        """Note that a block was added to the tallies, and write them if it is time.

        If they cannot be written, a warning says so once, and the run goes on.
        """
        self._new += not self._done[block]
        self._done[block] = True
        now = monotonic()
        since = now - self._last
        if since * SHARE < self._cost or (since < EVERY and self._new * PIECES < self._done.size):
            return
        try:
            self._write(tallies())
            self._new = 0
        except OSError as error:
            if not self._is_told:
                said = refusal(self._path, error, "the run goes on, but could not go on from here if it were stopped")
                _LOG.warning("%s", shown(str(said)))
            self._is_told = True
        self._last = monotonic()
        self._cost = self._last - now

    def remove(self) -> None:
        """Remove the file: the run ended well."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, tallies: Mapping[str, Whole]) -> None:
        if wrong := [name for name, array in tallies.items() if array.dtype.kind not in "iub"]:
            raise TypeError(f"a checkpoint holds whole numbers only, not {', '.join(wrong)}")
        about = json.dumps({"schema": SCHEMA, "of": self._of, "blocks": self._done.size}).encode()
        arrays = {**tallies, _ABOUT: np.frombuffer(about, np.uint8), _DONE: np.packbits(self._done)}
        # The same name each time: what a killed run left half-written is written over.
        with prepared(self._path, partial(_save, arrays), beside(self._path, "new")):
            pass


def _save(arrays: Mapping[str, Whole], path: Path) -> None:
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]  # the lowest NumPy takes no word on pickles, and needs none
    packed.write(sha256(packed.getbuffer()).digest())
    path.unlink(missing_ok=True)
    path.touch(0o600)  # what is counted so far is nobody else's business
    path.write_bytes(packed.getbuffer())
