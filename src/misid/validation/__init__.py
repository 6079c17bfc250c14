"""Predictions beside observations: what was published, what happened, and what no data can settle."""
