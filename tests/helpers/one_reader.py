"""A file read by one reader, whatever the others make of it: the data, what was assumed, the caveats."""

from pathlib import Path

from misid.evaluation import Reading, load_content
from misid.evaluation.reading import embeddings, score_table
from misid.evaluation.reading.read import SIDE_FILES


def read_by(reader, path, options, pseudonyms):
    side = {name: load_content(Path(getattr(options, name))) for name in SIDE_FILES if getattr(options, name)}
    reading = Reading(options, pseudonyms, side)
    data = reader.read([load_content(Path(path))], reading)
    return data, tuple(reading.assumed), tuple(reading.caveats)


def read_table(path, options, pseudonyms):
    return read_by(score_table.READERS[0], path, options, pseudonyms)


def read_embeddings(path, options, pseudonyms):
    return read_by(embeddings.READERS[0], path, options, pseudonyms)
