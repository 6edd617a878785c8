# Needs Debian (or the like), Python 3.11, Node 20 and make. Everything else is fetched when a target first needs it.
# `make test ARGS="-k collect"` passes arguments on to pytest.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
THROUGH_TLS := --through=tls tests/end_to_end tests/page
.PHONY: help run stack stack-stop stack-restart stack-once test test-full test-tls lint bench demonstrate-rollback format docs lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## Serve Cairn on http://127.0.0.1:8080 (CAIRN_HOST, CAIRN_PORT), files in ./data (CAIRN_DATA)
	@tools/install.sh run && tools/page.sh && exec .venv/bin/cairn serve

stack: ## Serve Cairn on https://127.0.0.1:8443 as production does: every service by itself, PostgreSQL, Redis, an S3 store, nginx
	@tools/install.sh test && tools/test_servers.sh && tools/page.sh && .venv/bin/python -m tools.stack start

stack-stop: ## Stop the stack; data stays
	@[ -x .venv/bin/python ] || { echo "cairn: nothing is installed here yet: make stack" >&2; exit 1; }
	@.venv/bin/python -m tools.stack stop

stack-restart: ## Restart one service of the stack: make stack-restart SERVICE=metadata
	@[ -x .venv/bin/python ] || { echo "cairn: nothing is installed here yet: make stack" >&2; exit 1; }
	@.venv/bin/python -m tools.stack restart $(SERVICE)

stack-once: ## Run a command as the stack's owner, also while it is stopped: make stack-once ARGS="backup create"
	@tools/install.sh test && tools/test_servers.sh && .venv/bin/python -m tools.stack once $(ARGS)

test: ## Run the tests, with the servers that they need
	@tools/test.sh -m "not full" $(ARGS)

test-full: ## Run all tests, the heavy ones too, and then test-tls
	@tools/test.sh $(ARGS) $(if $(ARGS),,&& tools/test.sh $(THROUGH_TLS))

test-tls: ## Run the suites of the core, the workers and the page through nginx and TLS
	@tools/test.sh $(THROUGH_TLS) $(ARGS)

lint: ## Check style, types and the imports between rooms
	@tools/lint.sh

bench: ## Measure Cairn beside what the machine can do, as a table
	@tools/bench.sh $(ARGS)

demonstrate-rollback: ## Kill the catalogue during an upload, and show that nothing of it is left
	@tools/install.sh test && .venv/bin/python -m tools.rollback_demo

format: ## Put the source into the project's format
	@tools/install.sh test && .venv/bin/ruff check --quiet --fix --exit-zero . && .venv/bin/ruff format .

docs: ## Write the generated pages of docs/ again
	@tools/install.sh test && .venv/bin/python -m tools.docs

lock: ## Lock the newest versions of the requirements, with hashes
	@tools/install.sh test && tools/lock.sh $(ARGS)

clean: ## Remove what make made; data stays
	rm -rf .venv .cache frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
	find . -name __pycache__ -not -path '*/node_modules/*' -prune -exec rm -rf {} +
