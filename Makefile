# make demo, make test: each makes .venv once, then does its job. Needs python3 >= 3.11 and the internet once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench docs accuracy clean

demo: $(READY)
	$(BIN)/microsim run cases/demo.yaml --out out/demo
	@echo "The report: out/demo/report.html"

test: $(READY) $(VENV)/.docs
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)
	$(BIN)/python -m benchmarks

docs: $(READY) $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q docs out/docs
	@echo "The site: out/docs/index.html"

accuracy: $(READY)
	mkdir -p out
	PATH="$(abspath $(BIN)):$$PATH" microsim validate --json out/validate.json  # gmsh is a program there, too
	$(BIN)/python docs/accuracy.py out/validate.json

clean:
	rm -rf $(VENV) out build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { \
	  echo "microsim needs python3 3.11 or newer, found none; install python3 and python3-venv." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "microsim needs Python 3.11 or newer, got $$($(PYTHON) --version 2>&1);" \
	    "give a newer one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "microsim needs Python's venv with pip, which $(PYTHON) lacks; install python3-venv first." >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(READY)

$(VENV)/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@
