"""Synthetic people: who they are, with whom they are stopped, and who resembles them.  All are SYNTHETIC."""
