"""Texts of a user's as they are shown: nothing in them turns what stands beside them, steers a terminal, or is unseen.

Everything that leaves misid for a reader goes through `shown`: pages, pictures, CSV, and what a terminal prints.  JSON
keeps every text, such signs escaped.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Controls but tab and line feed, marks of direction, signs without width, tags, halves of pairs.
UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
START, END = "\u2068", "\u2069"  # what stands between them has a direction of its own
_UNSEEN = re.compile(f"[{UNSEEN}]")
_ISOLATES = re.compile(f"[{START}{END}]")
_FROM_RIGHT = ("R", "AL", "AN")


def shown(text: str) -> str:
    """Return a text with every sign escaped that would not be seen as what it is; pairs that isolate stay."""
    if text.isascii() and text.isprintable():
        return text
    opened: list[int] = []
    pairs: set[int] = set()
    for found in _ISOLATES.finditer(text):
        if found[0] == START:
            opened.append(found.start())
        elif opened:
            pairs |= {opened.pop(), found.start()}
    return _UNSEEN.sub(lambda found: found[0] if found.start() in pairs else repr(found[0])[1:-1], text)


def isolated(text: str) -> str:
    """Return a text that leaves the order of what stands beside it alone: letters from right to left on their own."""
    if text.isascii() or START in (clean := shown(text)):
        return shown(text)
    turns = any(unicodedata.bidirectional(sign) in _FROM_RIGHT for sign in clean)
    return f"{START}{clean}{END}" if turns else clean


def shown_in(data: Any) -> Any:
    """Return plain JSON types with every text in them as it is shown."""
    if isinstance(data, str):
        return shown(data)
    if isinstance(data, dict):
        return {shown_in(key): shown_in(value) for key, value in data.items()}
    return [shown_in(one) for one in data] if isinstance(data, list | tuple) else data
