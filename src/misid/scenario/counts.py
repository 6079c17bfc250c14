"""What was counted at a vendor's score, where a scenario gives the score alone."""

from __future__ import annotations

from typing import Any


def known_counts(scale: str, score: float) -> list[dict[str, Any]]:
    """Return the rows that misid knows of one score on one scale, as a resolved scenario holds them."""
    if (scale, score) != ("NEC NeoFace", 0.64):
        return []
    listed = {
        "value": 9000.0,
        "low": 5000.0,
        "high": 16000.0,
        "unit": "references",
        "source": "assumed; list sizes of the Met are not published by deployment",
        "grade": "D",
        "distribution": None,
    }
    return [
        {
            "title": "London, 2024-25",
            "faces": 3_147_436,
            "list_size": listed,
            "false_alerts": 10,
            "source": "Met annual report 2024-25 (The Register)",
            "grade": "C",
        }
    ]
