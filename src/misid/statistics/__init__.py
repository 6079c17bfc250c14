"""Closed formulas of one-to-many search: intervals, growth with the gallery, open-set rates, odds, outcomes."""
