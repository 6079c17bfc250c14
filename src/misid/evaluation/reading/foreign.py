"""Files that people give and that are not read: what each is, by its first bytes, and how it becomes one that is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from misid.evaluation.reading.faults import Problems

LOOK = 1024  # bytes that tell what a file is


class Foreign(NamedTuple):
    """A form that is not read."""

    pattern: bytes  # of its first bytes, or of a name inside a zip
    what: str  # after "this is"
    way: str


_SAVE_CSV = "open it and save the sheet with the scores as CSV (UTF-8)"
_TABLE = "write its table as CSV or Parquet"
_NUMBERS = "give the algorithm's scores or templates: CSV, Parquet, .npy or .npz"
_IMAGE = "an image, and misid takes none: it evaluates the numbers that an algorithm gave"
_PICKLE = "a Python pickle, which can run code and is never opened"
_LOAD = "where it was made, write Parquet, CSV, or numpy.savez('scores.npz', score=SCORES, mated=LABELS)"
_JSON = "python -c \"import duckdb; duckdb.read_json('FILE'){}.write_csv('scores.csv')\""
_UNPACK = "unpack it, or pack it with gzip"

BINARY = (
    Foreign(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\x00{4}|II\*\x00|MM\x00\*|.{4}ftyp(heic|avif|mif1)", _IMAGE, _NUMBERS),
    Foreign(rb"RIFF.{4}WEBP|\x00\x00\x00\x0cjP|\xff\x4f\xff\x51|P[456]\s", _IMAGE, _NUMBERS),
    Foreign(rb"RIFF|fLaC|ID3|OggS|.{4}ftyp", "a recording of sound or pictures, and misid takes none", _NUMBERS),
    Foreign(rb"\xd0\xcf\x11\xe0", "an old Excel or Office file (XLS)", _SAVE_CSV),
    Foreign(rb"SQLite format 3", "an SQLite database", 'sqlite3 -header -csv FILE "SELECT * FROM TABLE" > scores.csv'),
    Foreign(
        rb".{8}DUCK",
        "a DuckDB database",
        "python -c \"import duckdb; duckdb.connect('FILE').table('TABLE').write_parquet('scores.parquet')\"",
    ),
    Foreign(rb"ARROW1|FEA1", "Arrow or Feather", "pandas.read_feather('FILE').to_parquet('scores.parquet')"),
    Foreign(rb"MATLAB 7\.3", "a MATLAB file (.mat, HDF5)", "in MATLAB: writetable or writematrix, to a .csv"),
    Foreign(
        rb"MATLAB 5",
        "a MATLAB file (.mat)",
        "m = scipy.io.loadmat('FILE'); numpy.savez('scores.npz', score=m['SCORES'].ravel(), mated=m['LABELS'].ravel())",
    ),
    Foreign(rb"\x89HDF\r\n", "HDF5", "open it with h5py or pandas.read_hdf, and write the scores as CSV or Parquet"),
    Foreign(rb"root", "a ROOT file", "open it with uproot, and write the tree as CSV or Parquet"),
    Foreign(rb"ORC|Obj\x01", "ORC or Avro", _TABLE),
    Foreign(rb"\$FL[23]|<stata_dta>|RD[XA][23]\n", "a file of SPSS, Stata or R", _TABLE),
    Foreign(rb"\xfd7zXZ", "xz, which is not read", _UNPACK),
    Foreign(rb"\x28\xb5\x2f\xfd", "zstd, which is not read", _UNPACK),
    Foreign(rb"7z\xbc\xaf|Rar!|\x1f\x9d|\x04\x22\x4d\x18", "packed as 7z, RAR, compress or lz4", _UNPACK),
    Foreign(rb"\x80[\x02-\x05]", _PICKLE, _LOAD),
    Foreign(rb"%PDF", "a document (PDF)", "copy its numbers into a CSV"),
    Foreign(rb"\xff\xfe|\xfe\xff", "text in UTF-16", "save it as UTF-8"),
)
TEXT = (
    Foreign(rb"%PDF|\{\\rtf|%!PS", "a document (PDF, RTF or PostScript)", "copy its numbers into a CSV"),
    Foreign(rb"version https://git-lfs", "a pointer of Git LFS, not the file itself", "fetch it with: git lfs pull"),
    Foreign(rb"(?i)<(!doctype )?html", "an HTML page: a download that failed, perhaps", "fetch the file itself"),
    Foreign(rb"<", "XML, not a table of scores", _TABLE),
    Foreign(
        rb'\{\s*"[^"]*"\s*:\s*\[', "JSON with a list for each column", _JSON.format(".project('unnest(COLUMNS(*))')")
    ),
    Foreign(
        rb'\{\s*"[^"]*"\s*:\s*\{',
        "JSON with an object for each column",
        "pandas.read_json('FILE').to_csv('scores.csv')",
    ),
    Foreign(rb"(\[\s*)?\{", "JSON with an object for each row", _JSON.format("")),
    Foreign(rb"\[", "JSON, a list of values", "write one comparison a line, and names at the top: score,mated"),
)
ZIPPED = (
    Foreign(rb"xl/", "an Excel workbook (XLSX)", _SAVE_CSV),
    Foreign(rb"content\.xml", "an OpenDocument spreadsheet (ODS)", _SAVE_CSV),
    Foreign(rb"word/", "a Word document", "copy its numbers into a CSV"),
    Foreign(rb"([^/]*/)?data\.pkl", f"{_PICKLE} (PyTorch)", _LOAD),
)


def find_form(forms: Iterable[Foreign], *starts: bytes) -> Foreign | None:
    """Return the first form that one of some bytes have."""
    return next((form for form in forms if any(re.match(form.pattern, one, re.DOTALL) for one in starts)), None)


def refuse_binary(problems: Problems, data: bytes, packing: str = "") -> None:
    """Refuse bytes of a known form that is not read; ``packing`` says in what they lay."""
    start = data[:LOOK]
    text = b"\0" not in start and start[:4].isascii()
    if not text and (form := find_form(BINARY, start)):
        problems.refuse(f"{f'inside the {packing} lies' if packing else 'this is'} {form.what}", form.way)
