# A thin list of commands. `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo
# Screens with targets for `bench ground`: folders with annotations.json and images/.
DATA ?= ../shared/data
# PyTorch for the engine's tests; on a machine with a GPU, whatever fits it.
TORCH ?= torch==2.13.0

.DEFAULT_GOAL := help
.PHONY: help demo test lint soak clean

help:
	@echo "make demo   carry out a task in a real editor on a virtual desktop; its report is runs/demo/report.html"
	@echo "make test   format, lint, types, imports and the whole test suite"
	@echo "make soak   the long benches; writes docs/benchmarks.md"
	@echo "make clean  remove the virtual environment and what tools left behind"

demo: .venv/demo.done
	mkdir -p $(DEMO) && rm -f $(DEMO)/hello.txt
	$(BIN)/screenagent run "type 'Hello from screenagent', open the File menu, click Save As, \
		type '$(CURDIR)/$(DEMO)/hello.txt', press enter" \
		--virtual --app mousepad --approve never --runs $(DEMO)
	cat $(DEMO)/hello.txt
	$(BIN)/screenagent report --runs $(DEMO) --out $(DEMO)

test: .venv/test.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -c "import torch, transformers, llguidance"  # or the engine's tests would be left out
	$(BIN)/python -m pytest -n 2

soak: .venv/test.done
	$(BIN)/python -m screenagent.bench.soak $(DATA)
	$(BIN)/python -m pytest -m soak

.venv/demo.done: pyproject.toml .ci/packages
	.ci/packages demo
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[desktop,console]"
	touch $@

.venv/test.done: pyproject.toml .ci/packages
	.ci/packages demo test
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "$(TORCH)"
	$(BIN)/pip install --quiet --editable ".[desktop,phi4,server,dev]"
	touch $@ .venv/demo.done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
