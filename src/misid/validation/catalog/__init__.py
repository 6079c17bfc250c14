"""Figures that the tables of predictions are made from, written by the tools."""
