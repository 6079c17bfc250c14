"""How results reach the disk: whole, or not at all."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.storage.columns import (
        CHUNK,
        LEDGER,
        NONE,
        OUTCOMES,
        Column,
        check_arrays,
        chunk_digests,
        join_digests,
        ledger_columns,
    )
    from misid.storage.database import (
        Connection,
        column_sql,
        connect,
        files,
        ignore_statistics,
        literal,
        name,
        read_column,
        translate_errors,
    )
    from misid.storage.folders import (
        ENCOUNTERS,
        PLAN,
        PROVENANCE,
        check_file,
        check_inputs,
        check_target,
        compare_with_list,
        file_digest,
        list_files,
        read_json,
        refuse_disk_errors,
        to_text,
        write_file,
        write_folder,
    )
    from misid.storage.ledger import (
        Ledger,
        Plan,
        ledger_folder,
        open_ledger,
        read_plan,
        remove_ledger,
        rows_path,
        sealed,
    )
    from misid.storage.workers import EXECUTORS, ONE_THREAD, executor, run_parts, worker_count

__getattr__, __dir__, __all__ = front(__name__)
