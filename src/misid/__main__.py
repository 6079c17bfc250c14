"""``python -m misid``, and what the script `misid` calls: Ctrl-C is answered from the first moment."""

from __future__ import annotations

# The module beneath `signal`, which itself takes a while to load.
import _signal  # type: ignore[import-not-found]
import os


def _stopped(number: int, frame: object) -> None:
    """Leave at once: nothing was begun yet."""
    os.write(2, b"stopped; a result is written whole or not at all\n")
    os._exit(130)


if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _stopped)


def main() -> None:
    """Run the command line."""
    from misid.cli.main import main as run

    if _signal.getsignal(_signal.SIGINT) is _stopped:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
