"""Rates of one-to-one comparisons: how often mated ones fall short and non-mated ones reach the threshold."""
