"""Formulas and tools kept for checking: no command of misid uses them, tests do."""
