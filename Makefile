# Every target sets up what it needs.  Nothing has to be activated: all programs are called from .venv/bin.
BIN := .venv/bin
PYTHON ?= python3
# Compiled files are kept: hundreds of modules are loaded again by every worker and every command that the tests start.
export PYTHONDONTWRITEBYTECODE =
CODE := src tests tools benchmarks verification
PIP := $(BIN)/pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test check floors newest cluster install-check fix types verify fuzz bench bench-peers golden docs validation vendor catalog prior lock kills clean browser

demo: .venv/ready  ## the main job: from nothing to a page that answers
	$(BIN)/misid run field-app --encounters 200000 --out demo --force

.venv/base: constraints.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo 'misid needs venv: apt-get install -y python3-venv'; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(PIP) setuptools
	@touch $@

.venv/ready: .venv/base pyproject.toml
	$(PIP) --no-build-isolation -e .
	@touch $@

.venv/ready-dev: .venv/base pyproject.toml
	$(PIP) --no-build-isolation -e '.[dev]'
	@touch $@ .venv/ready

browser:  ## headless Chromium for the tests that open the page
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	  else echo 'the page tests need a browser: sudo apt-get install -y chromium'; fi; }

# A file's tests in one process: what they share is made once.
QUICK = -n 2 --dist loadfile -m 'not e2e and not slow and not verify'
.PHONY: static quick
check: static quick  ## lint, types and the quick tests, under a minute

static: .venv/ready-dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

quick: .venv/ready-dev
	$(BIN)/pytest $(QUICK)

# What a library's version can move.  The rest holds for the source, and needs programs that are pinned.
OF_SOURCE = $(addprefix unit/,$(addsuffix .py,test_architecture test_catalogue test_house test_hygiene test_no_naive_forms test_sentences test_vendor report/test_first report/test_pseudo))
MOVED = $(QUICK) $(OF_SOURCE:%=--ignore=tests/%)
TESTED = --no-build-isolation -e '.[fast]' pytest pytest-xdist hypothesis jsonschema
# The lowest versions have no build for a Python younger than they are.
OLDEST := $(if $(shell python3.11 -c 'import ensurepip; print(1)' 2>/dev/null),python3.11,$(PYTHON))
OTHER = $(@D)/bin/pip --disable-pip-version-check install --quiet

.venv-lowest/ready: pyproject.toml constraints.txt tools/floors.py
	$(OLDEST) -m venv --clear $(@D)
	$(OLDEST) tools/floors.py >$(@D)/floors.txt
	$(OTHER) -c $(@D)/floors.txt setuptools
	$(OTHER) -c $(@D)/floors.txt $(TESTED)
	@touch $@

floors: .venv-lowest/ready  ## the quick tests with the lowest version of every dependency that pyproject.toml allows
	.venv-lowest/bin/pytest $(MOVED)

.venv-newest/ready: pyproject.toml
	$(PYTHON) -m venv --clear $(@D)
	$(OTHER) setuptools
	$(OTHER) --upgrade $(TESTED)
	@touch $@

newest: .venv-newest/ready  ## the same with the newest, newer than the pins where there are any; not in CI, for they change by themselves
	.venv-newest/bin/pytest $(MOVED)

.venv-cluster/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(@D)
	$(OTHER) -c constraints.txt setuptools
	$(OTHER) -c constraints.txt --no-build-isolation -e '.[fast,cluster]' pytest pytest-xdist hypothesis
	@touch $@

cluster: .venv-cluster/ready  ## the executor dask: runs, kills, schedulers that are not there; a minute, not in CI, which has no Dask
	.venv-cluster/bin/pytest tests/unit/storage/test_cluster.py tests/unit/cli/test_encounters.py -k 'cluster or dask'
	PYTHONPATH=tests .venv-cluster/bin/python tests/faults/worker_kills.py --executor dask

.venv-installers/ready:
	$(PYTHON) -m venv --clear $(@D)
	$(OTHER) pipx uv
	@touch $@

install-check: .venv-installers/ready .venv/ready-dev  ## installs wheel and sdist with pipx and with uv, and runs the README's commands there
	MISID_INSTALLERS=$(CURDIR)/.venv-installers/bin $(BIN)/pytest tests/e2e/test_wheel.py

# Words, pictures and pages are the source's; CI has a quarter of an hour.
WORDS = report findings charts verification
test: browser .venv/ready-dev  ## everything that CI needs
	$(MAKE) -j2 static .venv-lowest/ready  # a core each
	$(MAKE) quick
	.venv-lowest/bin/pytest $(MOVED) --ignore=tests/e2e --ignore=tests/redteam $(WORDS:%=--ignore=tests/unit/%)
	$(BIN)/pytest -n 2 --dist loadfile -m '(e2e or slow) and not verify'

TABLES = tests/statistical/test_shipped_validation.py tests/statistical/test_priors_refit.py
verify: .venv/ready-dev  ## long statistics: the tables of predictions and their priors first, in minutes
	$(BIN)/pytest -m verify -s $(TABLES)
	$(BIN)/pytest -m verify -s $(TABLES:%=--ignore=%)

kills: .venv/ready-dev  ## 50 kills of workers, 500 of runs and 200 damages of results, in half an hour; goes on where it was stopped
	PYTHONPATH=tests nice $(BIN)/python tests/faults/worker_kills.py
	PYTHONPATH=tests nice $(BIN)/python tests/faults/kills.py --state build/kills.jsonl

N = 10000
SEED = 1
WORKERS = 2
fuzz: .venv/ready-dev  ## N spoilt inputs of every form, all from SEED; goes on where it was stopped; failures lie in build/fuzz
	$(BIN)/python -m tests.fuzz --count $(N) --seed $(SEED) --workers $(WORKERS) $(if $(INSTALLED),--installed)

bench: .venv/ready-dev  ## speed beside the machine's limits; minutes, with SIZES='30000 100000' of templates far more
	$(BIN)/python benchmarks/all_pairs.py ratios growth $(if $(SIZES),--sizes $(SIZES))
	$(BIN)/python benchmarks/all_pairs.py million
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/expected.py
	$(BIN)/python benchmarks/simulation.py
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/evaluate.py
	$(BIN)/python benchmarks/identification.py
	$(BIN)/python benchmarks/intervals.py

.venv-peers/ready: benchmarks/peers.txt
	$(PYTHON) -m venv --clear $(@D)
	$(OTHER) -r benchmarks/peers.txt
	@touch $@

bench-peers: .venv/ready-dev .venv-peers/ready  ## all pairs by other tools, on the same templates, beside ours; minutes
	$(BIN)/python benchmarks/peers.py $(if $(SIZES),--sizes $(SIZES))

fix: .venv/ready-dev
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

golden: .venv/ready-dev  ## rewrite the golden files; read the difference before you commit it
	MISID_GOLDEN=write $(BIN)/pytest -n 2 tests/golden tests/unit/charts

docs: .venv/ready-dev  ## rewrite docs/scenario.md from the form, and the tables of docs/validation.md and docs/tested.md from what ships
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/architecture.py
	$(BIN)/python tools/tested.py
	$(BIN)/python -m verification docs

validation: .venv/ready-dev  ## set every prediction anew beside what was observed, for reports and docs; minutes
	$(BIN)/python -m verification tables --ship

vendor: .venv/ready-dev  ## rebuild the chart bundle that every report carries
	$(BIN)/python tools/vendor.py

prior: .venv/ready-dev  ## refit what algorithms share (growth, image kinds, group cells) from the package data; then make validation
	$(BIN)/python -m verification priors

lock: .venv/ready-dev
	$(BIN)/python tools/lock.py

clean:
	rm -rf .venv .venv-* demo build src/misid.egg-info
