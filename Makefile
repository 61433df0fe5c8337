# Every command of this repository. Needs GNU make and a Python of 3.11 or newer.

PYTHON ?= python3
SPEC ?= openapi/vouchers.json
OUT ?= generated
REPORT ?=
SPECS ?= ../shared/specs
SOURCE ?=
CODE ?=

# What was typed into these reaches the command as it is: neither make nor the shell reads it.
override SOURCE := $(value SOURCE)
override CODE := $(value CODE)
export SOURCE CODE

ARGS ?=

# Relative names throughout, so that a folder with blanks in its path works.
IN_VENV := .venv/bin/python
STAMP := .venv/.installed
PIP_INSTALL := -m pip install --quiet --no-input --disable-pip-version-check
COMPILE := build/lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

.PHONY: help setup generate check-generated track rollback propose history lint types test \
	bench bench-generate bench-compare bench-track soak demo sandbox lock build clean

help: ## Show this list
	@echo "Usage: make TARGET [PYTHON=python3] [SOURCE=url-or-file] [CODE=folder] [SPEC=file] [OUT=folder]"
	@echo "                   [REPORT=file] [SPECS=folder] [ARGS=...]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Create .venv with the locked dependencies and the project; does nothing when nothing changed

# A PYTHON that was asked for, and is not the one in .venv, makes .venv anew.
ifneq ($(origin PYTHON),file)
WHICH := -c 'import sys; print(sys.version)'
ifneq ($(shell "$(PYTHON)" $(WHICH) 2>&1),$(shell $(IN_VENV) $(WHICH) 2>&1))
OTHER_PYTHON := yes
.PHONY: $(STAMP)
endif
endif

# The stamp goes first and comes back last: a run that was cut off starts over with an empty .venv.
$(STAMP): requirements/dev.txt pyproject.toml
	@if [ -f $@ ] && [ -z "$(OTHER_PYTHON)" ] && $(IN_VENV) -c '' 2>/dev/null; then rm -f $@; exit 0; fi; \
	"$(PYTHON)" -c '' 2>/dev/null || \
		{ echo "make setup: '$(PYTHON)' does not run; name a Python of 3.11 or newer: make setup PYTHON=..." >&2; exit 1; }; \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make setup: '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1); this project needs Python 3.11 or newer: make setup PYTHON=..." >&2; exit 1; }; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make setup: '$(PYTHON)' has no venv module; install it (on Debian and Ubuntu: python3-venv)." >&2; exit 1; }; \
	rm -f $@ && echo "Creating .venv ($$("$(PYTHON)" --version 2>&1))" && "$(PYTHON)" -m venv --clear .venv
	@echo "Installing requirements/dev.txt (once; about half a minute)"
	@$(IN_VENV) $(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	@echo "Installing the project"
	@$(IN_VENV) $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

generate: $(STAMP) ## Make OUT/voucherify_client from SPEC, whole or not at all
	@$(IN_VENV) -m scripts.generate --spec "$(SPEC)" --out "$(OUT)" $(if $(REPORT),--report "$(REPORT)")

check-generated: $(STAMP) ## Fail where OUT/voucherify_client is not what SPEC generates
	@$(IN_VENV) -m scripts.generate --check --spec "$(SPEC)" --out "$(OUT)"

track: $(STAMP) ## Follow the vendor's document: what changed, whom it breaks, and the client anew; or nothing at all
	@$(IN_VENV) -m scripts.track $(if $(SOURCE),--source "$$SOURCE") $(if $(CODE),--code "$$CODE") $(ARGS)

rollback: $(STAMP) ## Bring back the state before the last update
	@$(IN_VENV) -m scripts.track --rollback

propose: $(STAMP) ## Bring what `make track` made into the one pull request; for the workflow
	@$(IN_VENV) -m scripts.propose $(ARGS)

history: $(STAMP) ## Draw what changed when, over a folder of revisions; SPECS=folder OUT=folder
	@$(IN_VENV) -m scripts.history "$(if $(filter file,$(origin SPECS)),$(SPECS)/vouchers,$(SPECS))" \
		--out "$(if $(filter file,$(origin OUT)),build/history,$(OUT))"

lint: $(STAMP) ## Run the linter, and check the format
	@echo "Linting"
	@$(IN_VENV) -m ruff check --quiet .
	@$(IN_VENV) -m ruff format --quiet --check .

types: $(STAMP) ## Check the types
	@echo "Checking types"
	@$(IN_VENV) -m mypy --no-error-summary

test: lint types check-generated ## Run every check and every test; the tests must reach every branch
	@$(IN_VENV) -m coverage erase
	@$(IN_VENV) -m coverage run -m pytest --numprocesses auto --dist worksteal $(ARGS)
	@$(IN_VENV) -m coverage combine --quiet
	@$(IN_VENV) -m coverage report

bench-generate: $(STAMP) ## Compare with the bare generator over the documents in SPECS; writes docs/generation.md
	@$(IN_VENV) -m benchmarks.generate --specs "$(SPECS)" $(ARGS)

bench-compare: $(STAMP) ## Compare with oasdiff over the documents in SPECS; writes docs/comparison.md
	@$(IN_VENV) -m benchmarks.compare --specs "$(SPECS)" $(ARGS)

bench-track: $(STAMP) ## Compare an update, warm and cold, with the bare generator's run
	@$(IN_VENV) -m benchmarks.track --specs "$(SPECS)" $(ARGS)

# The peers live in an environment of their own, with this project as its users have it: from the wheel.
PEERS := build/bench/bin/python

build/bench/.installed: requirements/bench.txt
	@echo "Installing the peers into build/bench"
	@$(IN_VENV) -m venv --clear build/bench
	@$(PEERS) $(PIP_INSTALL) --require-hashes --requirement requirements/bench.txt
	@touch $@

bench: build build/bench/.installed ## Compare releases with the vendor's SDK and others; ARGS=--quick for a rough look
	@$(PEERS) $(PIP_INSTALL) --no-deps --force-reinstall dist/*.whl
	@$(IN_VENV) -m benchmarks.releases --peers $(PEERS) $(ARGS)

soak: $(STAMP) ## Release 100,000 sessions through faults, with workers that are killed; ARGS="--releases 5000"
	@$(IN_VENV) -m tests.faults.soak $(ARGS)

demo: generate ## Release a validation session against a local stand-in for Voucherify
	@$(IN_VENV) -m examples.demo $(ARGS)

sandbox: $(STAMP) ## Run the local stand-in for Voucherify; ARGS go to it
	@$(IN_VENV) -m voucherify_wrapper.sandbox $(ARGS)

# Not after setup: a lock that does not install is one reason to write a new one.
lock: ## Write requirements/ anew from pyproject.toml; ARGS=--upgrade takes newer versions
	@"$(PYTHON)" -m venv --clear build/lock
	@build/lock/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/lock.txt
	@$(COMPILE) --output-file requirements/runtime.txt pyproject.toml
	@$(COMPILE) --output-file requirements/dev.txt --all-extras --group dev pyproject.toml
	@$(COMPILE) --output-file requirements/bench.txt --extra fast --group bench pyproject.toml
	@$(COMPILE) --output-file requirements/lock.txt --group lock
	@echo "Wrote requirements/runtime.txt, dev.txt, bench.txt and lock.txt"

build: $(STAMP) ## Build the wheel into dist/
	@$(IN_VENV) -m build --wheel --no-isolation --outdir dist > /dev/null
	@ls dist/*.whl

clean: ## Remove what can be made again, except .venv
	@rm -rf build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find voucherify_wrapper scripts generated tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
