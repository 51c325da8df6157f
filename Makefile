# Every target makes what it needs on a fresh Debian or Ubuntu machine, and says what it installs before it does.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup test lint test-unit sanity build docs hosts-prepare hosts-build hosts-list hosts-down test-molecule test-docs test-report test-fleet test-vectors test-hosts test-matrix demo bench catalogue release

env := tests/tools/env
gates := $(env) python tests/tools/gates.py

help: ## what there is to type
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16

demo: ## real engines learn new runtimes, prove them, and do nothing on the second pass
	@$(env) tests/demo/run

test: ## every gate; the last line is the sum
	@$(gates)

bench: ## what a task costs on a fleet: tables and JSON; ARGS="--only scale": a part of it
	@$(env) tests/bench/run $(ARGS)

release: ## make a release, VERSION=1.2.3, where every check passes; ARGS=--tested: CI has just run the tests for this commit
	@$(env) python tests/tools/release.py $(ARGS) $(VERSION)

catalogue: ## check every address and digest of the catalogue, and name newer releases; ARGS=update takes them (needs the internet)
	@$(env) python tests/tools/catalogue.py $(or $(ARGS),check)

setup: ## make the virtual environment of the gates
	@$(env)

lint: ## yamllint, ansible-lint, shellcheck, the changelog's fragments
	@$(gates) lint-yaml lint-ansible lint-shell lint-changelog

test-unit: ## unit tests: newest and oldest ansible-core, and Python 3.6 for what runs on hosts; TESTS=path: those alone, newest only
	@$(if $(TESTS),$(env) python tests/tools/units.py current $(TESTS),$(gates) unit unit-floor unit-oldest)

sanity: ## ansible-test sanity; ARGS="--test pep8": that alone
	@$(if $(ARGS),$(env) python tests/tools/with_ansible_test.py sanity $(ARGS),$(gates) sanity)

build: ## build the archive, install it elsewhere, read its pages
	@$(gates) build

docs: ## build the documentation as a site
	@$(env) python tests/tools/docs.py

test-molecule: ## molecule's scenarios on disposable hosts; SCENARIO=name: that alone
	@$(env) extensions/molecule/run $(SCENARIO)

test-docs: ## every playbook and command that the documentation shows
	@$(env) tests/docs/run

test-report: ## the report's page in a real headless browser
	@$(env) tests/report/run

test-fleet: ## the playbooks as AWX runs them
	@$(env) tests/fleet/run

test-matrix: ## every ansible-core and every Python that is promised, Galaxy's import, an execution environment, what make test leaves out; ROWS="unit-2.16": those alone
	@$(env) python tests/tools/matrix.py $(ROWS)

test-hosts: ## the disposable hosts' own tests
	@$(env) python -m pytest tests/hosts

test-vectors: ## what real engines answer, beside what our rules say
	@$(env) tests/vectors/run

hosts-prepare: ## install what the disposable hosts need of this machine
	@$(env) tests/hosts/hosts.py prepare

hosts-build: ## build the hosts' images and programs that are not cached
	@$(env) tests/hosts/hosts.py build

hosts-list: ## the hosts that there are
	@$(env) tests/hosts/hosts.py list

hosts-down: ## remove the hosts that you started by hand
	@$(env) tests/hosts/hosts.py down --all
