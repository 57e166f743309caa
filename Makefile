# Everything a person does with a checkout. `make` alone lists it.

PYTHON_BIN := .venv/bin
SYNCED := .venv/.synced
REQUIREMENTS := requirements/runtime.txt requirements/dev.txt

.DEFAULT_GOAL := help
.PHONY: help up demo test chaos prove-away prove-shipping prove-growth prove-archive prove-beats prove-retention prove-memory bench audit check fix migrate migration lock
.DELETE_ON_ERROR:

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

# Made anew whenever a pin changes.
$(SYNCED): $(REQUIREMENTS) deploy/local/environment.sh
	@sh deploy/local/environment.sh .venv $(REQUIREMENTS)
	@touch $@

up: $(SYNCED) ## Run everything here: API, workers, Flower, broker, sandbox (Ctrl-C stops all of it)
	@$(PYTHON_BIN)/python -m deploy.local.up

demo: $(SYNCED) ## Send a message on every channel and type, and show what became of it (needs make up)
	@$(PYTHON_BIN)/python -m deploy.local.demo

test: $(SYNCED) ## Run every test, on private servers that it starts itself
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m pytest -m "not alone" -n 2 --dist loadfile --no-loadscope-reorder
	$(PYTHON_BIN)/python -m pytest -m alone

N := 5000
SEED := 1
BROKER := both

chaos: $(SYNCED) ## Kill everything under traffic and prove that nothing is lost or sent twice (N=5000 SEED=1 BROKER=both)
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m tests.chaos --messages $(N) --seed $(SEED) --broker $(BROKER)

prove-away: $(SYNCED) ## Take the broker and the database away for 60 s each, and print what was accepted and how quickly
	@sh deploy/local/servers.sh
	PROVE_SECONDS=60 $(PYTHON_BIN)/python -m pytest tests/flows/test_away.py -s

RECORDS := 1000000
KILLS := 10

prove-shipping: $(SYNCED) ## Ship RECORDS=1000000 log records while their worker is killed KILLS=10 times, and count what came of them
	@sh deploy/local/servers.sh
	PROVE_RECORDS=$(RECORDS) PROVE_KILLS=$(KILLS) $(PYTHON_BIN)/python -m pytest tests/flows/test_shipping_kills.py -s

ROWS := 10000000

prove-growth: $(SYNCED) ## Time every query on a table of ROWS=10000000 beside a small one, and print the ratios (half an hour, 20 GB of disk)
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m benchmarks growth --rounds $(ROUNDS) --rows $(ROWS)

prove-beats: $(SYNCED) ## Let two beats and two workers run for ten minutes, and count how often each slot of each job was run
	@sh deploy/local/servers.sh
	PROVE_SECONDS=600 $(PYTHON_BIN)/python -m pytest tests/flows/test_periodic.py -s

OLD := 1000000

prove-retention: $(SYNCED) ## Scrub OLD=1000000 old notifications and delete as many while 200 requests a second are accepted
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m benchmarks keeping --rows $(OLD) --seconds 60

RECORDS_A_DAY := 5000

prove-archive: $(SYNCED) ## Archive sixty days of RECORDS_A_DAY=5000 log records with the worker killed at every step, and count them
	@sh deploy/local/servers.sh
	PROVE_RECORDS_A_DAY=$(RECORDS_A_DAY) $(PYTHON_BIN)/python -m pytest tests/flows/test_archive.py -s

SECONDS_OF_LOAD := 3600

prove-memory: $(SYNCED) ## Load everything for SECONDS_OF_LOAD=3600 and print each process's memory at ten moments
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m benchmarks memory --seconds $(SECONDS_OF_LOAD)

# The peers have an environment of their own: what they need must not decide what the product runs on.
.venv-bench/.synced: requirements/bench.txt deploy/local/environment.sh
	@sh deploy/local/environment.sh .venv-bench requirements/bench.txt
	@touch $@

ROUNDS := 3
FIGURES :=

bench: $(SYNCED) .venv-bench/.synced ## Measure beside the peers and write docs/performance.md anew (ROUNDS=3 FIGURES="accept sends")
	@sh deploy/local/servers.sh
	$(PYTHON_BIN)/python -m benchmarks $(FIGURES) --rounds $(ROUNDS) --out docs/benchmarks
	.venv-bench/bin/python -m benchmarks.plots docs/benchmarks

audit: $(SYNCED) ## Ask whether a pinned dependency has a known vulnerability
	@$(PYTHON_BIN)/python -m deploy.local.audit

check: $(SYNCED) ## Check format, lint, types, import contracts and spelling
	$(PYTHON_BIN)/ruff format --check
	$(PYTHON_BIN)/ruff check
	$(PYTHON_BIN)/mypy
	$(PYTHON_BIN)/lint-imports
	$(PYTHON_BIN)/codespell

fix: $(SYNCED) ## Repair format and what the linter can
	$(PYTHON_BIN)/ruff format
	$(PYTHON_BIN)/ruff check --fix

migrate: $(SYNCED) ## Bring the database of ALRIM_DATABASE_URL up to date
	$(PYTHON_BIN)/alembic upgrade head

migration: $(SYNCED) ## Write a migration from the models: make migration name=add_a_column
	@test -n "$(name)" || { echo 'make migration name=add_a_column'; exit 1; }
	@mkdir -p var
	ALRIM_ENV=local $(PYTHON_BIN)/alembic upgrade head
	ALRIM_ENV=local $(PYTHON_BIN)/alembic revision --autogenerate -m "$(name)"

lock: $(SYNCED) ## Pin anew what requirements/*.in ask for, with hashes
	@sh deploy/local/lock.sh
