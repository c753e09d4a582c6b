# Two commands: `make demo` and `make test`. Both create .venv from the pinned lock when it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
RESULTS ?= results

# What rounds as another processor: torch's kernels without vectors, matrix products and convolutions without AVX.
PORTABLE := ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE ONEDNN_MAX_CPU_ISA=SSE41
FLOATING := README.md docs numerics paper_checks $(filter-out %datasets/ %checkpoints/ %__pycache__/, $(wildcard tests/numerics/*/)) \
	tests/experiments/pdes tests/experiments/edges tests/experiments/last_bits

# Many processes import the same modules: compiled once, at installation by all cores, whatever the surroundings say.
COMPILE := import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0)
unexport PYTHONDONTWRITEBYTECODE

DEVICE ?= cuda
ANY_PYTHON = $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
CARRIED ?= h5netcdf tyro docstring_parser typeguard latex2mathml pooch pytest-xdist execnet
CARRIED_FOR ?= 3.12

# Takes one core for a minute: beside the tests where there are tests.
TYPES = $(BIN)/pyright --pythonpath $(BIN)/python

PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTHONS := 3.11 3.12 3.13
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_39 aarch64-apple-darwin x86_64-pc-windows-msvc

.PHONY: help demo test test-portable test-site style lint paper verdicts package docs fuzz mutate bench gpu wheels resolve lock clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

$(STAMP): requirements.lock requirements-peers.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gradcfl needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv (pinned in requirements.lock)"
	@$(PIP) install -qq --no-compile -c requirements.lock hatchling editables
	@$(PIP) install -qq --no-compile -c requirements.lock --no-build-isolation -e ".[dev]"
	@$(PIP) install -qq --no-compile --no-deps -r requirements-peers.lock
	@$(BIN)/python -W ignore -c '$(COMPILE)'
	@touch $@

demo: $(STAMP) ## derive, simulate, draw, and write the report page (70 to 110 s of processor time, shared by the cores)
	@$(BIN)/python -m experiments demo --out $(RESULTS)

test: style ## lint, types, import contracts, tests, paper checks
	@log=$$(mktemp); $(TYPES) > $$log 2>&1 & types=$$!; \
		OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist worksteal; tested=$$?; \
		wait $$types; typed=$$?; cat $$log; rm $$log; exit $$((tested + typed))

test-portable: $(STAMP) ## the tests that compute in floating point, by another processor's rounding
	@$(PORTABLE) EXAMPLES=fewer OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist worksteal -m "not slow and not exact" $(FLOATING)

package: $(STAMP) ## the wheel in fresh environments without the sources, with the extra `train` and without
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow tests/test_wheel.py

test-site: $(STAMP) ## the explorer in chromium: schemes typed, mistakes, links, no network (needs chromium, and npm once)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow tests/experiments/explorer/test_in_browser.py

lint: style
	@$(TYPES)

style: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

paper: $(STAMP) ## the paper checks with their slow confirmations
	@$(BIN)/python -m pytest -q paper_checks -m "slow or not slow"

verdicts: $(STAMP) ## compute all verdicts anew and record those that take long (about 10 minutes)
	@OMP_NUM_THREADS=1 $(BIN)/python -m paper_checks.record

docs: $(STAMP) ## the site, into site/: pages, gallery and tables from the code; warnings are errors (INTERSPHINX=1 links other projects, PROOF_SECONDS=1 lets z3 give up sooner)
	@OMP_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/sphinx-build -q -W --keep-going -b html -d docs/generated/.doctrees docs site
	@$(BIN)/python -m experiments.explorer --out site/explorer
	@echo "the site is site/index.html"

fuzz: $(STAMP) ## conditions of random schemes against brute force, beside the edge where there is one (an hour; COUNT=300 SEED=1)
	@OMP_NUM_THREADS=1 $(BIN)/python -m experiments.fuzz --count $(or $(COUNT),300) --seed $(or $(SEED),1)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow tests/derive/conditions/test_stencils.py tests/derive/conditions/ways/test_plane.py \
		tests/derive/conditions/ways/test_torus.py tests/derive/conditions/test_by_qepcad.py

mutate: $(STAMP) ## change every displayed formula, one thing at a time, and report what no check notices
	@OMP_NUM_THREADS=1 $(BIN)/python -m paper_checks.mutate

bench: $(STAMP) ## performance as ratios against a peer in one run
	@$(BIN)/python -m experiments.benchmarks

gpu: ## the first run on a GPU: at most 8 minutes, no network, nothing installed (DEVICE=cpu for a dry run)
	@PYTHONPATH=. $(ANY_PYTHON) -m experiments.first_run --device $(DEVICE) --out $(RESULTS)/first-run

wheels: $(STAMP) ## the packages in CARRIED as files, for a machine without registry (docs/gpu.md)
	@$(PIP) download -q --no-deps --only-binary :all: --python-version $(CARRIED_FOR) -d wheels -c requirements.lock $(CARRIED)
	@$(PIP) download -q --no-deps --only-binary :all: --python-version $(CARRIED_FOR) -d wheels -r requirements-peers.lock

resolve: $(STAMP) ## would the installation work on every Python and platform? (a dry run; needs the network)
	@for python in $(PYTHONS); do for platform in $(PLATFORMS); do \
		export MACOSX_DEPLOYMENT_TARGET=14.0; \
		found=$$($(BIN)/uv pip compile -q --only-binary :all: --python-version $$python --python-platform $$platform \
			-c requirements.lock --extra dev pyproject.toml) || exit 1; \
		$(BIN)/uv pip compile -q --no-deps --only-binary :all: --python-version $$python --python-platform $$platform \
			requirements-peers.lock > /dev/null || exit 1; \
		echo "Python $$python, $$platform: $$(echo "$$found" | grep -c ==) packages," \
			"$$(echo "$$found" | grep -cE '^(nvidia|cuda)-') of CUDA"; done; done

lock: ## refresh requirements.lock: what pip resolves today, torch pinned so that a CPU build is taken where it lies
	@rm -rf .venv.lock && $(PYTHON) -m venv .venv.lock
	@.venv.lock/bin/python -m pip install --quiet torch==2.13.0
	@.venv.lock/bin/python -m pip install --quiet ".[dev]"
	@{ echo "# Constraints, pinned by 'make lock' (Python 3.11, CPU); what a platform needs beside (CUDA, say) pip finds itself."; \
		.venv.lock/bin/python -m pip freeze | sed 's/+cpu//' | grep -vE '^(gradcfl|nvidia|triton|cuda|torchvision)'; } > requirements.lock
	@rm -rf .venv.lock

clean: ## remove the environment, caches and results
	rm -rf .venv wheels results site docs/generated .pytest_cache .ruff_cache .hypothesis
