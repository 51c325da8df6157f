# Every target makes what it needs on a fresh Debian or Ubuntu machine, and says what it installs before it does.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup test lint test-unit sanity build

env := tests/tools/env
gates := $(env) python tests/tools/gates.py

help: ## what there is to type
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16

setup: ## make the virtual environment of the gates
	@$(env)

test: ## every gate; the last line is the sum
	@$(gates)

lint: ## yamllint, ansible-lint, shellcheck, the changelog's fragments
	@$(gates) lint-yaml lint-ansible lint-shell lint-changelog

test-unit: ## unit tests: newest and oldest ansible-core, and Python 3.6 for what runs on hosts
	@$(gates) unit unit-floor unit-oldest

sanity: ## ansible-test sanity
	@$(gates) sanity

build: ## build the archive, install it elsewhere, read its pages
	@$(gates) build
