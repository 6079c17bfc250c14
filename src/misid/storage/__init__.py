"""How results reach the disk: whole, or not at all."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.storage.connect import files, literal, name, told
    from misid.storage.content import CHUNK, checked, digests, joined
    from misid.storage.folders import (
        ENCOUNTERS,
        check_file,
        check_target,
        to_text,
        write_file,
        write_folder,
    )
    from misid.storage.parts import Ledger, remove_ledger
    from misid.storage.plan import Plan
    from misid.storage.readers import open_ledger, path_of, read_column, read_plan, rows_of
    from misid.storage.tables import LEDGER, NONE, OUTCOMES, Column, columns, missing_value

__getattr__, __dir__, __all__ = front(__name__)
