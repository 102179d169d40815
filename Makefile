# Two commands do everything, set-up included, on a machine with Python 3.11 or newer and make:
#
#   make report    the risk report of the synthetic cohort, as one HTML file
#   make test      every check of the project
#
# PY=/path/to/python chooses the interpreter. Plain sh and GNU Make 3.81 are enough.

PY =
DATA = data/synthetic
OUT = report
TEMPLATE = perforation_risk

VENV = .venv
BIN = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help report test lab data slow explore format clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1 = /p' Makefile | awk -F ' = ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

report: $(VENV)/.report-ok ## render the risk report; the last line is its path (DATA= OUT= TEMPLATE=)
	@echo "Rendering $(TEMPLATE) from $(DATA) ..."
	@$(BIN)/jdm-stats report "$(DATA)" --out "$(OUT)" --template "$(TEMPLATE)"

test: $(VENV)/.test-ok ## run every check: style, types, floors, tests, notebooks, wheel
	@echo "Style, types and floors ..."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@echo "Tests ..."
	@MPLBACKEND=Agg OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile

slow: $(VENV)/.test-ok ## run the long studies that make test leaves out
	@MPLBACKEND=Agg $(BIN)/python -m pytest -m slow

explore: $(VENV)/.test-ok ## run the tests of properties on examples not drawn before
	@MPLBACKEND=Agg OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile --hypothesis-profile=explore tests

lab: $(VENV)/.lab-ok ## open Jupyter on the notebooks
	@$(BIN)/jupyter lab notebooks

data: $(VENV)/.report-ok ## draw data/synthetic anew (a test compares it byte for byte)
	@$(BIN)/jdm-stats simulate --preset tertiary --patients 600 --seed 20240618 --out data/synthetic --overwrite

format: $(VENV)/.test-ok ## mend style where it can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## remove the environment, the report and every cache
	@rm -rf $(VENV) report build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------
# .made: a virtual environment with pip, and uv where it can be had. .report-ok, .test-ok and
# .lab-ok: the project installed into it with what that command needs; new whenever
# pyproject.toml is newer.

# Hospital networks often sign traffic with a certificate that only the system store knows.
export UV_SYSTEM_CERTS = 1

INSTALL = install_into_venv() { \
	  $(BIN)/uv pip install -q --python $(BIN)/python -e "$$1" </dev/null \
	    || { echo "uv is not at hand or failed; installing with pip instead ..."; \
	         $(BIN)/python -m pip install -q --use-pep517 --disable-pip-version-check --no-input -e "$$1" </dev/null; }; \
	}; install_into_venv

$(VENV)/.report-ok: pyproject.toml | $(VENV)/.made
	@echo "Installing jdm_stats and what it runs on into $(VENV) ..."
	@$(INSTALL) .
	@touch $@

$(VENV)/.test-ok: pyproject.toml | $(VENV)/.made
	@echo "Installing jdm_stats with its test tools into $(VENV) ..."
	@$(INSTALL) ".[test]"
	@touch $(VENV)/.report-ok $@

$(VENV)/.lab-ok: pyproject.toml | $(VENV)/.made
	@echo "Installing jdm_stats with JupyterLab into $(VENV) ..."
	@$(INSTALL) ".[lab]"
	@touch $(VENV)/.report-ok $@

$(VENV)/.made:
	@chosen=; seen=; no_venv=; \
	set -- python3 python3.13 python3.12 python3.11 python; \
	if [ -n "$(PY)" ]; then set -- "$(PY)"; fi; \
	for candidate in "$$@"; do \
	  version=`"$$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` || continue; \
	  seen="$$seen $$candidate ($$version)"; \
	  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
	  "$$candidate" -c 'import ensurepip, venv' 2>/dev/null || { no_venv="$$candidate"; continue; }; \
	  chosen="$$candidate"; break; \
	done; \
	if [ -z "$$chosen" ]; then \
	  if [ -n "$$no_venv" ]; then \
	    echo "$$no_venv is new enough but cannot create virtual environments (venv or ensurepip is missing)."; \
	    echo "On Debian or Ubuntu: sudo apt install python3-venv; elsewhere install Python with venv."; \
	  else \
	    echo "jdm_stats needs Python 3.11 or newer; found:$${seen:- none}."; \
	    echo "Install a newer Python and name it, for example: make report PY=/usr/local/bin/python3.12"; \
	  fi >&2; \
	  exit 1; \
	fi; \
	if $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo "Using the virtual environment found in $(VENV) ..."; \
	else \
	  echo "Creating a virtual environment in $(VENV) with $$chosen ($$version) ..."; \
	  "$$chosen" -m venv --clear $(VENV) || exit 1; \
	fi; \
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-input uv </dev/null 2>/dev/null || true; \
	touch $@
