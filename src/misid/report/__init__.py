"""Findings into one HTML file that opens offline, can load and send nothing, and can be read without its pictures."""
