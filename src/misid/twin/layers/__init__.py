"""Layers of the system made perfect: what each answers for."""
