# Two commands: `make run` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Tasks start hundreds of interpreters: compiled bytecode is what makes each start cheap.
unexport PYTHONDONTWRITEBYTECODE

UV_VERSION := 0.13.9
PYTHON := .venv/bin/python
SANDBOX := $(PYTHON) -m include.sandbox
INSTALLED := .venv/installed
comma := ,

.PHONY: help run test up down status day sql contracts contract-diff contract-from-postgres reconcile bench lock lint format reset

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 24

run: $(INSTALLED) ## install, start everything, live three days, check the result
	@$(SANDBOX) run

# These start an Airflow or kill servers: they have the machine to themselves, and so have dbt and a whole day.
WITH_AIRFLOW := $(addprefix tests/integration/,bronze campaign paging)

test: $(INSTALLED) ## every test: unit, dbt, integration, one day end to end; ARGS=tests/unit for some
ifdef ARGS
	@.venv/bin/pytest $(ARGS)
else
	@.venv/bin/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder \
		tests/integration tests/unit $(WITH_AIRFLOW:%=--ignore=%)
	@.venv/bin/pytest tests/dbt $(WITH_AIRFLOW) tests/e2e
endif

up: $(INSTALLED) ## start Airflow and the sandbox and leave them serving
	@$(SANDBOX) up

down: $(INSTALLED) ## stop everything that `up`, `run` or `day` started
	@$(SANDBOX) down

status: $(INSTALLED) ## what runs, where, with links
	@$(SANDBOX) status

day: $(INSTALLED) ## live one more day and publish it; DAY=2026-11-20 repeats a day
	@$(SANDBOX) day $(if $(DAY),--day $(DAY))

sql: export Q := $(Q)
sql: $(INSTALLED) ## ask the warehouse: Q="select ..." [FORMAT=table|json|csv]
	@$(SANDBOX) exec $(PYTHON) -m include.warehouse.query --format $(or $(FORMAT),table) "$$Q"

contracts: $(INSTALLED) ## write again what derives from the contracts
	@$(PYTHON) -m include.contracts.generate

contract-diff: $(INSTALLED) ## what changed in a contract and who reads it: SOURCE=kyc [FROM=main] [TO=...] [FAIL_ON=breaking]
	@$(PYTHON) -m include.governance.contract_diff $(SOURCE) --from $(or $(FROM),HEAD) \
		$(if $(TO),--to $(TO)) $(if $(FAIL_ON),--fail-on $(FAIL_ON))

# Give DSN in the environment if it holds a password: `ps` shows everybody what stands behind `make`.
contract-from-postgres: $(INSTALLED) ## draft a contract: DSN=... NAME=... [TABLES=public.a,public.b OWNER=... CHANNEL=...]
	@$(PYTHON) -m include.extract.drafting $(NAME) $(subst $(comma), ,$(TABLES)) \
		$(if $(OWNER),--owner '$(OWNER)') $(if $(CHANNEL),--channel '$(CHANNEL)')

reconcile: $(INSTALLED) ## old against new: FILE=weekly.yaml [FROM=2026-11-02 TO=2026-11-22 REPORT="week.html week.csv"]
	@$(SANDBOX) exec $(PYTHON) -m include.governance.reconcile $(FILE) \
		$(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(REPORT:%=--report %)

bench: $(INSTALLED) .sandbox/bench/peers/installed ## measure against floors and peers (an hour): [PART="changes api"] [ARGS=--rounds=5]
	@$(PYTHON) -m tests.benchmarks --peers .sandbox/bench/peers/bin/python $(PART) $(ARGS)

format: $(INSTALLED) ## format Python and SQL
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lint: $(INSTALLED) ## every linter and policy check
	@.ci/lint

lock: .sandbox/uv/bin/uv ## compile the locks from their .in files
	@.sandbox/uv/bin/uv pip compile -q --universal -p 3.11 --generate-hashes requirements.in -o requirements.txt
	@.sandbox/uv/bin/uv pip compile -q --universal -p 3.11 --generate-hashes requirements-dev.in \
		-c requirements.txt -o requirements-dev.txt
	@.sandbox/uv/bin/uv pip compile -q --universal -p 3.11 --generate-hashes requirements-bench.in \
		-o requirements-bench.txt

reset: ## stop everything and forget the sandbox's state (keeps .venv)
	@[ ! -e $(INSTALLED) ] || $(SANDBOX) down
	@find .sandbox -mindepth 1 -maxdepth 1 ! -name uv -exec rm -rf {} +

# A machine without Python 3.11-3.13 gets one from uv; any Python 3 can install uv.
.sandbox/uv/bin/uv:
	@echo "installing uv $(UV_VERSION)"
	@rm -rf .sandbox/uv && mkdir -p .sandbox
	@python3 -m venv .sandbox/uv
	@.sandbox/uv/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): requirements-dev.txt | .sandbox/uv/bin/uv
	@echo "installing $$(grep -cE '^[a-z0-9].*==' requirements-dev.txt) packages into .venv"
	@[ -x $(PYTHON) ] || .sandbox/uv/bin/uv venv -q --python '>=3.11,<3.14' .venv
	@.sandbox/uv/bin/uv pip sync -q --python $(PYTHON) --require-hashes --compile-bytecode requirements-dev.txt
	@touch $@

.sandbox/bench/peers/installed: requirements-bench.txt | .sandbox/uv/bin/uv
	@[ -x $(@D)/bin/python ] || .sandbox/uv/bin/uv venv -q --python '>=3.11,<3.14' $(@D)
	@.sandbox/uv/bin/uv pip sync -q --python $(@D)/bin/python --require-hashes requirements-bench.txt
	@touch $@
