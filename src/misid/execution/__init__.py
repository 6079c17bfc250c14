"""Where the parts of a run are worked on."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.execution.contract import EXECUTORS, executor, worker_count
    from misid.execution.local import ONE_THREAD, run

__getattr__, __dir__, __all__ = front(__name__)
