# Everything is made inside .venv, by relative paths only, so that a checkout may lie anywhere.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Any Python >= 3.11 with the venv module; "make test PYTHON=/path/to/python3" overrides the search.
PYTHON ?=
# Processes that run the tests.
JOBS ?= 2
# More arguments for pytest: make test ARGS="-k blur"
ARGS ?=

RUN := .venv/bin/python
STAMP := .venv/stamp
BENCH := .venv/stamp-bench
EXTRAS := test,demo,dev

define find_python
  for python in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
    test -n "$$python" || continue; \
    command -v "$$python" > /dev/null || continue; \
    "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      2> /dev/null && break; \
    python=; \
  done; \
  if test -z "$${python:-}"; then \
    echo "halo needs Python 3.11 or newer with its venv module, and found none." >&2; \
    echo "  Debian, Ubuntu: apt-get install python3 python3-venv" >&2; \
    echo "  or name one:    make PYTHON=/path/to/python3 ..." >&2; \
    exit 1; \
  fi
endef

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS=$$'\t' read -r name what; do \
	  printf '  make %-11s %s\n' "$$name" "$$what"; done

.PHONY: demo
demo: $(STAMP) ## compile an OCR model to a shared library and read a line of text with it
	@.venv/bin/halo demo

.PHONY: test
test: $(STAMP) ## run the test suite
	@$(RUN) -m pytest -q -n $(JOBS) $(ARGS)

.PHONY: long
long: $(STAMP) ## run the long sweeps (minutes to hours)
	@$(RUN) -m pytest -q -n $(JOBS) -m long --timeout 7200 $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## try random schedules on random pipelines (HALO_RANDOM_PIPELINES of them, 1000)
	@$(RUN) -m pytest -q -n $(JOBS) -m long --timeout 7200 tests/lowering/test_random_pipelines.py $(ARGS)

.PHONY: conformance
conformance: $(STAMP) ## run the ONNX standard's own suite and write docs/onnx-coverage.md
	@$(RUN) -m pytest -q -n $(JOBS) -m conformance --timeout 300 --tb no tests/conformance $(ARGS)

.PHONY: sanitize
sanitize: $(STAMP) ## run the emitted C under sanitizers and with every compiler
	@$(RUN) -m pytest -q -n $(JOBS) -m "long or not long" --timeout 7200 tests/sanitize $(ARGS)

.PHONY: llvm
llvm: $(STAMP) ## run the tests of values through the LLVM back end
	@HALO_BACKEND=llvm $(RUN) -m pytest -q -n $(JOBS) tests/lang tests/ops tests/lowering \
	  tests/schedule tests/ir_math tests/apps tests/codegen tests/errors tests/onnx $(ARGS)

.PHONY: runtime
runtime: $(STAMP) ## make the kept LLVM IR of the runtime anew from its C, with clang
	@$(RUN) -c "from codegen.llvm_runtime import write_runtimes; write_runtimes()"

.PHONY: compiled
compiled: $(STAMP) ## put halo with its hot modules compiled by mypyc into build/compiled
	@rm -rf build/compiled
	@HALO_COMPILED=1 $(RUN) -m pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --target build/compiled .

.PHONY: lint
lint: $(STAMP) ## check style
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

.PHONY: format
format: $(STAMP) ## bring the sources into house style
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

.PHONY: types
types: $(STAMP) ## check types
	@$(RUN) -m mypy

.PHONY: bench
bench: $(BENCH) ## measure halo beside its peers
	@$(RUN) benchmarks/compile_time.py
	@$(RUN) benchmarks/compile_time.py --apps
	@$(RUN) benchmarks/suite.py --json benchmarks/results/apps.json --plot benchmarks/results/apps.png
	@$(RUN) benchmarks/onnx_models.py

.PHONY: models
models: $(STAMP) ## run forty trained models beside onnxruntime and write docs/model-zoo.md
	@PYTHONPATH=.:tests/support $(RUN) benchmarks/model_zoo.py $(ARGS)

.PHONY: pictures
pictures: $(STAMP) ## draw the pictures of the lessons again
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	@for picture in docs/pictures/*.png; do \
	  HALO_PICTURES=docs/pictures $(RUN) tutorials/$$(basename $$picture .png).py; done

.PHONY: clean
clean: ## remove all that make has made
	rm -rf .venv build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: setup
setup: $(STAMP) ## make .venv and install what halo needs

.venv/bin/python:
	@$(find_python); echo "making .venv with $$("$$python" --version)"; \
	"$$python" -m venv .venv

$(STAMP): pyproject.toml | .venv/bin/python
	@echo "installing halo and its tools into .venv"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable ".[$(EXTRAS)]"
	@touch $@

$(BENCH): pyproject.toml | $(STAMP)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	@touch $@
