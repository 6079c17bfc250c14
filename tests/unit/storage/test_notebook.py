"""The database opens in a notebook, with and without what its progress bars need."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What DuckDB takes for a notebook: a main module without a file, and an IPython whose settings name a kernel.
NOTEBOOK = """
import sys, types
ipython = types.ModuleType("IPython")
ipython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
ipython.display = types.ModuleType("IPython.display")
ipython.display.display = lambda *shown: None
sys.modules["IPython"] = ipython
sys.modules["IPython.display"] = ipython.display
vars(sys.modules["__main__"]).pop("__file__", None)
"""
WIDGETS = """
widgets = types.ModuleType("ipywidgets")
widgets.FloatProgress = lambda **settings: types.SimpleNamespace(**settings)
widgets.Layout = dict
sys.modules["ipywidgets"] = widgets
"""
ASK = """
from misid.storage import connect
with connect() as con:
    print(con.execute("SELECT current_setting('enable_progress_bar'), sum(range) FROM range(10)").fetchall())
"""


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.parametrize("place", ["import sys", NOTEBOOK, NOTEBOOK + WIDGETS], ids=["program", "notebook", "widgets"])
def test_it_opens_and_shows_no_bar(place):
    assert said(place + ASK) == "[(False, 45)]"


def test_the_made_up_notebook_is_one_to_duckdb():
    """Else the test above shows nothing."""
    refused = """
import duckdb
try:
    duckdb.connect().execute("SET enable_progress_bar = false")
except duckdb.InvalidInputException as error:
    print("ipywidgets" in str(error))
"""
    assert said(NOTEBOOK + refused) == "True"


@pytest.mark.slow
def test_commands_that_read_and_write_tables_work_there(tmp_path):
    """Both opened a database, and crashed."""
    work = f"""
import misid
rows = [f"p{{i}},p{{j}},{{(i * 7 + j * 3) % 11 + 20 * (i == j)}}" for i in range(20) for j in range(20)]
path = {str(tmp_path / "scores.csv")!r}
with open(path, "w") as file:
    file.write("\\n".join(["probe_subject,reference_subject,score", *rows]))
print(misid.evaluate(path).figure("eer").value)
compared = misid.compare("booth-one-to-one", encounters=200, workers=1)
compared.save({str(tmp_path / "out")!r}, report=False)
print("SYNTHETIC" in compared._repr_html_())
"""
    assert said(NOTEBOOK + work).splitlines() == ["0.0", "True"]
