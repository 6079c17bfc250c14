"""Reads the files of an evaluation, whatever they are.

A format is a file: `bee`, `bob`, `candidate_lists`, `embeddings`, `pyeer`, `score_table`, `square_matrix`; `read` lists
them.  What every format shares is apart: `content` opens and unpacks, `text` splits plain text, `tables` is CSV and
Parquet in DuckDB, `columns` decides which column is what, `pseudonyms` and `people` who is who, `comparisons` what the
scores are checked for.
"""
