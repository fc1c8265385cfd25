# Everything from nothing: only Python 3.11+, pip and make are needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test check docs matrix bench large contend long clean python

help: ## what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST)

python: # says what is missing, before pip or venv say it in their own way
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "complaintflow needs Python 3.11 or newer as '$(PYTHON)'; another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "'$(PYTHON)' lacks venv or pip; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.demo: pyproject.toml | python
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable '.[cli]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) install 'pip>=25.1' # the first that knows dependency groups
	$(PIP) install --editable '.[asyncio,cli,migrations,mysql,outbox,postgresql,testing]' --group test --group check
	@touch $@

demo: $(VENV)/.demo ## handle a handful of complaints, and read one of them
	$(BIN)/complaintflow demo

test: $(VENV)/.test ## all tests
	$(BIN)/python -m pytest

check: $(VENV)/.test ## format, lint, types, walls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.test ## the generated pages of the reference
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/tampering.py

matrix: $(VENV)/.test ## the page of the conformance suite: which clause finds which broken store
	$(BIN)/python tests/kill_matrix.py

large: $(VENV)/.test ## a large desk on PostgreSQL; LARGE=1000000 for the full size, which takes long
	$(BIN)/python -m benchmarks.large --complaints $(or $(LARGE),20000)

bench: $(VENV)/.test ## ratios to a floor measured in the same run
	$(BIN)/python -m benchmarks

contend: $(VENV)/.test ## 8 processes x 2,000 actions on 20 cases, on each database in each manner; half an hour
	COMPLAINTFLOW_CONTENTION=8,2000,20 $(BIN)/python -m pytest -s -k processes tests/storage/test_contention.py

long: $(VENV)/.test ## the same laws, for much longer
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/laws tests/unit/test_tampering.py \
	    tests/storage/test_crash.py tests/storage/test_killed_erasure.py tests/storage/test_migrations.py

clean: ## remove what was made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
