"""From files to comparisons and searches: formats, faults, pseudonyms, and what was assumed."""
