# A thin list of commands. `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo
# Screens with targets for `bench ground`: folders with annotations.json and images/.
DATA ?= ../shared/data
# PyTorch for the engine's tests; on a machine with a GPU, whatever fits it.
TORCH ?= torch==2.13.0
# Processes that share the tests, on two cores; one more where some of the tests drive programs, for which they mostly wait.
WORKERS ?= 2
WORKERS_ON_DISPLAYS ?= 3
# What `make unit` runs: a part of a test's name, of its module's or of its folder's.
K ?=
PYTEST := $(BIN)/python -m pytest
# A process that is done takes over tests that another has not begun.
SHARED := $(PYTEST) --dist worksteal -n
READY := $(VENV)/packages.done $(VENV)/test.done
UNIT := not display and not engine and not soak and not servers and not inspector
# Bytecode is kept even where the environment says not to: tests start hundreds of commands, and each would compile what
# it loads anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo check test typed tested linted unit display engine soak servers wayland mcp fmt docs clean python

help:
	@echo "make check        format, lint, types, imports and every quick test: under a minute"
	@echo "make test         the same with the whole test suite: under a quarter of an hour"
	@echo "make unit K=name  the tests with that in their names that need no display and no engine, slow ones too"
	@echo "make display      the tests that drive real programs on a virtual display"
	@echo "make engine       the tests of the engine and of its server"
	@echo "make soak         the long benches, which write docs/benchmarks.md, and the long tests: among them 50 whole runs of a"
	@echo "                  random model on llama.cpp, whose figures are printed last"
	@echo "make servers      every kind of request on vLLM, transformers serve and an older llama.cpp: installs 3.5 GB first,"
	@echo "                  takes a quarter of an hour; writes their results into docs/models.md"
	@echo "make wayland      the tests on GNOME Shell 48 and KWin 6.3, without a screen, in a Debian 13 system that is made first; takes root,"
	@echo "                  1.8 GB in ~/.cache (or TRIXIE=folder) and some minutes"
	@echo "make mcp          the Inspector's command line calls each tool of the MCP server: installs 0.4 GB from npm first"
	@echo "make fmt          format the code and repair what the linter can"
	@echo "make docs         write docs/schemas.md and docs/*.schema.json anew from the types"
	@echo "make demo         carry out a task in a real editor on a virtual desktop; its report is runs/demo/report.html"
	@echo "make clean        stop the type checker and remove the virtual environment and what tools left behind"

demo: $(VENV)/demo.done
	mkdir -p $(DEMO) && rm -f $(DEMO)/hello.txt
	$(BIN)/screenagent run "type 'Hello from screenagent', open the File menu, click Save As, \
		type '$(CURDIR)/$(DEMO)/hello.txt', press enter" \
		--virtual --app mousepad --approve never --runs $(DEMO)
	cat $(DEMO)/hello.txt
	$(BIN)/screenagent report --runs $(DEMO) --out $(DEMO)

check: $(READY) linted
	BIN=$(BIN) .ci/types
	$(SHARED) $(WORKERS) -m "$(UNIT) and not slow"

# Two at once: the packages of the system beside those of Python, then the types beside the tests, which often wait.
test:
	$(MAKE) --no-print-directory --jobs=2 typed tested

# With the lowest priority, so that no test that shares real time with other programs is late for it.
typed: linted
	nice -n 19 $(BIN)/mypy

tested: $(READY) linted
	$(BIN)/python -c "import torch, transformers, llguidance"  # or the engine's tests would be left out
	$(SHARED) $(WORKERS_ON_DISPLAYS)

linted: $(VENV)/test.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

unit: $(READY)
	$(SHARED) $(WORKERS) -m "$(UNIT)" -k "$(K)"

display: $(READY)
	$(SHARED) $(WORKERS_ON_DISPLAYS) -m "display and not soak"

engine: $(READY)
	$(SHARED) $(WORKERS) -m "engine and not soak"

soak: $(READY)
	$(BIN)/python -m screenagent.bench.soak $(DATA)
	$(PYTEST) -m soak

# A GNOME session of its own in a Debian 13 system, which is made first and kept.
TRIXIE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/screenagent-trixie
wayland: $(READY)
	PYTHON=$(abspath $(BIN)/python) PYTHONPATH=$(CURDIR) tests/wayland/trixie.sh $(TRIXIE)
	tests/wayland/on_gnome.sh $(TRIXIE)

servers: $(READY)
	$(BIN)/python -m tests.servers.environments
	$(PYTEST) -m servers

mcp: $(VENV)/test.done
	$(BIN)/python -m tests.mcp.inspector
	$(PYTEST) -rs -m inspector tests/mcp

fmt: $(VENV)/test.done
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/test.done
	$(BIN)/python docs/schemas.py docs

python:
	.ci/packages python

$(VENV)/packages.done: .ci/packages | python
	.ci/packages demo test
	mkdir -p $(@D) && touch $@

$(VENV)/demo.done: pyproject.toml .ci/packages
	.ci/packages python demo
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile --editable ".[desktop,console]"  # bytecode is written for what is used
	touch $@

$(VENV)/test.done: pyproject.toml .ci/packages | python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile "$(TORCH)" --editable ".[desktop,phi4,server,dev]"
	touch $@ $(VENV)/demo.done

clean:
	test ! -x $(BIN)/dmypy || $(BIN)/dmypy stop >/dev/null 2>&1 || true
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .dmypy.json
