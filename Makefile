# Everything from nothing: only Python 3.11+, pip and make are needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check bench long clean

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group check
	@touch $@

demo: $(VENV)/.demo ## handle a handful of complaints, and read one of them
	$(BIN)/complaintflow demo

test: $(VENV)/.test ## all tests
	$(BIN)/python -m pytest

check: $(VENV)/.test ## lint, types, walls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test ## ratios to a floor measured in the same run
	$(BIN)/python -m benchmarks

long: $(VENV)/.test ## the same laws, for much longer
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/laws

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
