# One machine, nothing installed by hand: every target sets up first what it needs, below .tools and .venv.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
RUN := .venv/bin/python
BIN := .venv/bin
UV := .tools/uv/bin/uv
# Two workers: what the smallest machine has cores for. A file stays on one worker, which so starts its services once; files go in the
# order in which pyproject.toml names their folders.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup run func demo test lint format check infra package token mails reset lock openapi fuzz soak bench

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything the other targets need (they do it themselves)
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "There is no $(PYTHON): install Python 3.9 or newer, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -I infra/local/setup.py

run: setup ## Run the whole system here until Ctrl-C
	@exec $(RUN) -m infra.local.run

func: setup ## The same, served by Azure Functions Core Tools where they are installed
	@exec $(RUN) -m infra.local.run --core-tools

demo: setup ## Show a claim from its first mail to its earning
	@$(call module,infra/local/demo,the demo)
	@exec $(RUN) -m infra.local.demo

test: lint ## All checks and all tests
	@$(RUN) -m tests.architecture.rules
	@$(PYTEST) -m "not alone"
	@$(BIN)/pytest -m alone

lint: setup ## Style, types, architecture and dependencies
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >.tools/lint-imports.log 2>&1 || { cat .tools/lint-imports.log; exit 1; }
	@$(BIN)/deptry . >.tools/deptry.log 2>&1 || { cat .tools/deptry.log; exit 1; }
	@$(RUN) -m infra.checks.scan

format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

check: lint ## The checks and the quick tests, before a commit
	@$(PYTEST) tests/domain tests/usecases tests/architecture

infra: setup ## Check the files that deploy to Azure, as far as that goes without Azure
	@$(RUN) -m infra.checks.scan
	@$(BIN)/pytest -q tests/architecture -k infra

package: setup ## Build what is deployed, in .tools/package, and say how large it is
	@$(RUN) -m infra.package

token: setup ## Print a token: ROLE=Partner PARTNER=1234567, or ROLE=Reviewer PERSON=anna
	@$(RUN) -m infra.cli token --role "$(or $(ROLE),Partner)" --partner "$(PARTNER)" --person "$(PERSON)"

mails: setup ## Compile the mails and their translations, and show them all
	@$(RUN) -m infra.mails

reset: setup ## Delete the local system's data
	@$(RUN) -m infra.local.reset

lock: setup ## Resolve and hash the dependencies anew, to their newest versions
	@$(UV) pip compile -q --no-config --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	@$(UV) pip compile -q --no-config --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.txt
	@$(UV) pip compile -q --no-config --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url --no-header infra/checks/requirements-checkov.in -o infra/checks/requirements-checkov.txt
	@cd infra/local/node && ../../../$(BIN)/npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --silent

openapi: setup ## Write the API's reference from the code; RELEASE=1 makes it what callers may rely on
	@$(RUN) -m infra.reference $(if $(RELEASE),--release)

fuzz: setup ## Try every operation of the reference 100 times with what nobody thought of: EXAMPLES=1000 for more
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(PYTEST) tests/functions/test_fuzz.py

soak: setup ## Run the system under faults for a while and prove the ledger
	@$(call module,infra/local/soak,the soak test)
	@exec $(RUN) -m infra.local.soak

bench: setup ## Measure the targets in docs
	@$(call module,infra/local/bench,the benchmark)
	@exec $(RUN) -m infra.local.bench

# Say plainly that a part is not written yet.
define module
test -e $(1).py -o -d $(1) || { echo "This checkout does not have $(2) ($(1)) yet." >&2; exit 1; }
endef
