"""One writer for one place: a lock beside it, which says whose it is; what the disk refuses, in words."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused
from misid.vocabulary.shown import shown

ANOTHER_NAME = "give --out another name"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_HELD: set[tuple[int, Path]] = set()  # by thread of this process: what it holds it may take again
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr


def refusal(place: Path, error: OSError, advice: str, doing: str = "written") -> OutputRefused:
    """Return an error of the disk as one that says where, what and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    words = "the disk is full" if full else (error.strerror or str(error))
    return OutputRefused(f"{place}: cannot be {doing}: {words}; {advice}")


@contextmanager
def refuse_disk_errors(place: Path, advice: str, doing: str = "written") -> Iterator[None]:
    """Turn errors of the disk into `refusal`."""
    try:
        yield
    except OSError as error:
        raise refusal(place, error, advice, doing) from None


def beside(place: Path, kind: str) -> Path:
    """Return where something of a place is kept while it is written; the same for each spelling of its folder."""
    above = Path(os.path.realpath(place.parent))
    return above / f".misid-{sha256(os.fsencode(place.name)).hexdigest()[:16]}.{kind}"


def is_alive(process: int) -> bool:
    """Tell whether a process of this machine runs, also if it is another user's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have Ctrl-C and its like wait until something short is done."""
    came: list[int] = []
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


@contextmanager
def hold(named: Path) -> Iterator[None]:
    """Keep others from writing a file or folder meanwhile; the folders above it are made, and go again if left empty.

    Raises
    ------
    OutputRefused
        If another process or thread holds it: it says who, since when, and what to do.  Or if no lock can be written.
    """
    place = Path(os.path.abspath(named))
    lock = beside(place, "lock")
    key = (threading.get_ident(), lock)
    if key in _HELD:
        yield
        return
    new_parents = [parent for parent in place.parents if not parent.exists()]
    handle = -1
    try:
        with refuse_disk_errors(named, ANOTHER_NAME):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle = _take(lock, named)
        _HELD.add(key)
        yield
    finally:
        with undisturbed():
            _HELD.discard(key)
            if handle >= 0:
                lock.unlink(missing_ok=True)
                os.close(handle)
            for parent in new_parents:
                with suppress(OSError):
                    parent.rmdir()


def _take(lock: Path, place: Path) -> int:
    """Return the lock's open file; it is ours until that is closed, however this process ends."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            locked, owner = _try(handle), _read(handle)
            # A lock ends with its process on this machine; another's may not be seen here.
            ended = locked is not False and _is_here(owner) and (locked or not is_alive(owner["process"]))
            if locked is False or (owner and not ended):
                far = f"; if it runs no more, remove {lock}" if locked and owner else ""
                since = f"has been writing it for {_for_how_long(owner)}"
                raise OutputRefused(f"{place}: {_who(owner)} {since}; wait for it{far}, or {ANOTHER_NAME}")
            # Its last owner may have removed it between the two steps above.
            if lock.exists() and os.path.samestat(os.fstat(handle), lock.stat()):
                if owner:
                    _LOG.warning("%s: taken over from %s, which has ended", shown(str(place)), _who(owner))
                note = {"process": os.getpid(), "host": socket.gethostname(), "boot": _boot(), "since": time.time()}
                with suppress(OSError):  # on a full disk it is held without a note
                    os.ftruncate(handle, 0)
                    os.pwrite(handle, json.dumps(note).encode(), 0)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _try(handle: int) -> bool | None:
    """Lock an open file unless another has it locked, which is False; None if the disk knows no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            raise
        return None
    return True


def _read(handle: int) -> dict[str, Any]:
    """Return what the owner noted; nothing if there is none yet."""
    try:
        found = json.loads(os.pread(handle, 100_000, 0))
        return found if type(found["process"]) is int and type(found["since"]) in (int, float) else {}
    except (ValueError, KeyError, TypeError):
        return {}


def _boot() -> str:
    """Return what is the same for all who run on this kernel, whatever their containers are called."""
    try:
        return _BOOT.read_text()
    except OSError:
        return ""


def _is_here(owner: dict[str, Any]) -> bool:
    """Tell whether the owner of a lock ran on this machine."""
    return bool(owner) and (
        owner.get("host") == socket.gethostname() or (_boot() != "" and owner.get("boot") == _boot())
    )


def _who(owner: dict[str, Any]) -> str:
    host = "" if _is_here(owner) else f" on host {owner.get('host')!r}"
    return f"process {owner['process']}{host}" if owner else "another misid"


def _for_how_long(owner: dict[str, Any]) -> str:
    seconds = max(0.0, time.time() - owner["since"]) if owner else 0.0
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
