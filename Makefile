# Two commands: `make demo` and `make test`. Both create .venv from the pinned lock when it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
RESULTS ?= results

.PHONY: help demo test lint paper verdicts bench lock clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gradcfl needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv (pinned in requirements.lock)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## derive, simulate, draw, and write the report page (110 s of processor time, shared by the cores)
	@$(BIN)/python -m experiments demo --out $(RESULTS)

test: lint ## lint, types, import contracts, tests, paper checks
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist worksteal

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports --no-cache

paper: $(STAMP) ## the paper checks with their slow confirmations
	@$(BIN)/python -m pytest -q paper_checks -m "slow or not slow"

verdicts: $(STAMP) ## compute all verdicts anew and record those that take long (about 10 minutes)
	@OMP_NUM_THREADS=1 $(BIN)/python -m paper_checks.record

bench: $(STAMP) ## performance as ratios against a peer in one run
	@$(BIN)/python -m experiments.benchmarks

lock: ## refresh requirements.lock: what pip resolves today, torch pinned so that a CPU build is taken where it lies
	@rm -rf .venv.lock && $(PYTHON) -m venv .venv.lock
	@.venv.lock/bin/python -m pip install --quiet torch==2.13.0
	@.venv.lock/bin/python -m pip install --quiet ".[dev]"
	@{ echo "# Pinned by 'make lock' (Python 3.11, CPU); no hashes: torch's CPU wheel differs by source."; \
		.venv.lock/bin/python -m pip freeze | sed 's/+cpu//' | grep -vE '^(gradcfl|nvidia|triton|cuda|torchvision)'; } > requirements.lock
	@rm -rf .venv.lock

clean: ## remove the environment, caches and results
	rm -rf .venv results .pytest_cache .ruff_cache .hypothesis
