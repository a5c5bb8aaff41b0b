# The ML Systems Journey: `make` sets everything up and compiles the course, `make test` runs everything we hold true.
# Lesson targets (lesson-2-1, check-2-1, …) are generated from curriculum.yaml into generated/course.mk.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
MLSJ   := $(BIN)/mlsj
UV     := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := course
.PHONY: course setup test prove gates lint types layers links pytest soak bench help lock-tool clean

course: setup  ## Set up, compile the course, say what to do next
	@$(MLSJ) generate
	@$(MLSJ) list --brief
	@echo "Next:  make lesson-00-A   begin the first lesson     (make lesson-ID for any other, $(MLSJ) list shows all)"
	@echo "       make help          every target               (authors: edit curriculum.yaml, then make)"

help:  ## Show this help
	@echo "Targets:"
	@grep -hE '^[a-z-]+:.*  ## ' Makefile | sed -E 's/^([a-z-]+):.*  ## (.*)/  \1|\2/' | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo "    lesson-ID      Begin lesson ID if it is new, then judge your work on it"
	@echo "    check-ID       Judge your work on lesson ID"

# ── set-up ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
setup: $(VENV)/.tool  ## Make .venv with the tool in it

$(VENV)/.tool: pyproject.toml locks/tool.txt
	@$(PYTHON) -c 'import sys; sys.exit("mlsj needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12") if sys.version_info < (3, 11) else 0'
ifneq ($(UV),)
	@echo "Setting up $(VENV) with uv"
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r locks/tool.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@echo "Setting up $(VENV) with pip (uv would be faster)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/tool.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@$(BIN)/python -m compileall -q -x /scaffold/ generator/mlsj
	@touch $@

$(VENV)/.test: locks/test.txt $(VENV)/.tool
ifneq ($(UV),)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r locks/test.txt
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/test.txt
endif
	@touch $@

lock-tool:  ## Refresh locks/tool.txt and locks/test.txt (needs uv and the network)
	@$(PYTHON) locks/refresh.py

# ── what we hold true ──────────────────────────────────────────────────────────────────────────────────────────────────
test: gates prove pytest  ## Run every gate, prove every lesson, run every test

prove: setup  ## Prove every ready lesson: its stub fails, its reference passes, its mistakes are rejected
	@$(MLSJ) prove

gates: lint types layers links drift  ## Run the quality gates alone

lint: $(VENV)/.test  ## ruff: lint and format
	@$(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet && echo "lint: ruff is content"

types: $(VENV)/.test  ## mypy --strict
	@$(BIN)/mypy --no-error-summary && echo "types: mypy --strict is content"

layers: $(VENV)/.test  ## import-linter: dependencies point one way
	@$(BIN)/lint-imports --cache-dir .mlsj/cache/import-linter > $(VENV)/layers.log || { cat $(VENV)/layers.log; exit 1; }
	@echo "layers: import contracts kept"

links: $(VENV)/.test  ## Dead links in README, docs and generated pages
	@$(BIN)/python tests/links.py

.PHONY: drift
drift: setup  ## Generated files are what curriculum.yaml says
	@$(MLSJ) generate --check

pytest: $(VENV)/.test
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

soak: $(VENV)/.test  ## What is too long for every run: 10,000 mutations, repeats
	@$(BIN)/python tests/soak/run.py --save benchmarks/results/soak.md

bench: $(VENV)/.test  ## Print the tables of speeds, beside peers measured in the same run
	@$(BIN)/python benchmarks/run.py --save benchmarks/results/speed.md
	@$(BIN)/python benchmarks/judging.py --save benchmarks/results/judging.md

clean:  ## Remove the virtual environment and caches, never your work
	@rm -rf $(VENV) .mlsj/cache .mlsj/run .mlsj/envs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

-include generated/course.mk
