"""How results reach the disk: whole, or not at all."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.storage.check import RESULTS_SCHEMA, check_result
    from misid.storage.checkpoint import Checkpoint
    from misid.storage.columns import CHUNK, LEDGER, NONE, OUTCOMES, Column
    from misid.storage.database import (
        Connection,
        all_cores,
        connect,
        files,
        ignore_statistics,
        literal,
        name,
        translate_errors,
    )
    from misid.storage.folders import CHARTS, ENCOUNTERS, PLAN, reserve, reserve_file, to_text, write_file, write_folder
    from misid.storage.ledger import Ledger, Plan, open_ledger, read_plan, remove_ledger
    from misid.storage.locks import hold
    from misid.storage.shared import SharedArrays
    from misid.storage.workers import Executor, executor, run_parts, worker_count

__getattr__, __dir__, __all__ = front(__name__)
