"""``python -m misid``, and what the script `misid` calls: Ctrl-C and SIGTERM are answered from the first moment."""

from __future__ import annotations

# The module beneath `signal`, which itself takes a while to load.
import _signal  # type: ignore[import-not-found]
import os


def _stopped(number: int, frame: object) -> None:
    """Leave at once: nothing was begun yet."""
    os.write(2, b"stopped; a result is written whole or not at all\n")
    os._exit(128 + number)


# Who has one ignored, or has a handler of their own, keeps that.
for _number in (_signal.SIGINT, _signal.SIGTERM):
    if _signal.getsignal(_number) in (_signal.default_int_handler, _signal.SIG_DFL):
        _signal.signal(_number, _stopped)


def main() -> None:
    """Run the command line."""
    from misid.cli.main import main as run

    run(early=_stopped)


if __name__ == "__main__":
    main()
