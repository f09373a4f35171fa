# Everything is set up as needed: Python packages, collections, Docker engine, images, certificates, packs. make help lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
LAB_DIR ?= $(CURDIR)/.lab
export LAB_DIR

INVENTORY ?= inventories/demo
# Further arguments of ansible-playbook, for example ARGS='--check --diff'
ARGS ?=
RENDER_DIR ?= $(LAB_DIR)/rendered
EXPLAIN_DIR ?= $(LAB_DIR)/explained
# Molecule scenarios that take longer than make test has time for: make proof runs them.
LONG_SCENARIOS := two_clusters
# The others; make test runs them one after another.
SCENARIOS ?= $(filter-out $(LONG_SCENARIOS),$(sort $(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml))))
SCENARIO ?= $(SCENARIOS)
MOLECULE_COMMAND ?= test
RESULTS := $(LAB_DIR)/results
PLAYBOOK := ansible-playbook -i $(INVENTORY)

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## The lab

.PHONY: demo demo1 demo-down demo-parts prove browser urls
demo: demo-parts ## Pattern 2 in containers, from nothing to proven
	@lab/up.sh
	$(PLAYBOOK) playbooks/pattern2.yml $(ARGS)
	@$(MAKE) --no-print-directory prove browser urls

demo1: demo-parts ## Pattern 1 (no Analytics) in containers, proven
	@lab/up.sh lb1 is1 is2 db1
	$(PLAYBOOK) playbooks/pattern1.yml $(ARGS)
	@$(MAKE) --no-print-directory prove ARGS='-e wso2is_pattern=1'
	@$(MAKE) --no-print-directory browser urls

demo-parts: venv engine images ca packs

prove: venv ## Prove facts of the lab that runs (disturbs it)
	$(PLAYBOOK) playbooks/prove.yml $(ARGS)

browser: venv ## Log into the lab's console with headless Chromium
	@lab/browser.sh
	@lab/identity.sh demo python tests/lab/browser_login.py

urls: ## Where the lab answers, and how to log in
	@lab/urls.sh

demo-down: ## Remove the lab's containers, network and volume; stop a Docker engine that make started
	@lab/down.sh
	@lab/engine.sh stop

.PHONY: venv engine images ca packs up
venv: ## .venv and .collections, from pinned versions
	@lab/venv.sh

engine: ## A Docker engine
	@lab/engine.sh

images: engine ## Container images of the lab
	@lab/images.sh

ca: images ## Certificates and keystores of the lab
	@lab/ca.sh

packs: images ## Practice packs and JDBC driver, into .lab/packs
	@lab/packs.sh

up: images ## Containers of the lab, empty
	@lab/up.sh

## Tests

.PHONY: test unit site-test molecule nfs proof bench format
test: lint cores unit site-test molecule nfs ## Lint, unit tests, the user's path, molecule, NFS

# Gates without exceptions: no ignore file, no skip list, no comment that switches a rule off. Each says how much it checked.
GATES := python types yaml shell ansible changelog docs
.PHONY: lint sanity importer site cores $(addprefix lint-,$(GATES))
lint: $(addprefix lint-,$(GATES)) sanity importer site ## All gates that need no lab (one: make lint-python, lint-types, ...)

$(addprefix lint-,$(GATES)): lint-%: venv
	@lab/gates.sh $*

sanity: venv ## ansible-test sanity
	@lab/sanity.sh

importer: venv ## What Galaxy checks at an upload
	@lab/importer.sh

site: venv ## The documentation site, in .lab/site/html
	@lab/site.sh

cores: venv ca packs ## The oldest and the newest ansible-core
	@lab/cores.sh

unit: venv ## Unit tests with coverage (VENDOR_CONFIG=DIR adds the vendor's own files; a part: ARGS='--no-cov -k name')
	@mkdir -p $(RESULTS)
	COVERAGE_FILE=$(RESULTS)/.coverage PYTHONPATH=.collections python -m pytest -n auto --cov --junitxml=$(RESULTS)/unit.xml $(ARGS)

# Without them molecule breaks every line of the output.
molecule: export MOLECULE_COMMAND_BORDERS := false
molecule: venv images ca packs ## Molecule: SCENARIO=name, MOLECULE_COMMAND=converge|verify|destroy|test
	@lab/identity.sh test lab/molecule.sh $(MOLECULE_COMMAND) $(SCENARIO)

site-test: venv images ca packs ## The user's path: artifact, new_site, pattern2.yml in the site (a part: ARGS='-k new_site')
	@mkdir -p $(RESULTS)
	PYTHONPATH=.collections:tests/lab lab/identity.sh test python -m pytest -v --junitxml=$(RESULTS)/site.xml tests/site $(ARGS)

nfs: venv ## Sharing by NFS, in three virtual machines that are emulated in software
	PYTHONPATH=.collections:tests/lab lab/identity.sh test python -m pytest -v -rP --junitxml=$(RESULTS)/nfs.xml tests/proof/test_nfs.py $(ARGS)

proof: venv images ca packs ## What is too long for CI: long fuzz runs, tests/proof, two clusters
	PYTHONPATH=.collections python -m pytest -n auto --hypothesis-profile=proof --junitxml=$(RESULTS)/engine.xml tests/unit/engine tests/unit/findings
	PYTHONPATH=.collections:tests/lab lab/identity.sh test python -m pytest -v -rP --junitxml=$(RESULTS)/proof.xml tests/proof $(ARGS)
	MOLECULE_COMMAND_BORDERS=false lab/identity.sh test lab/molecule.sh test $(LONG_SCENARIOS)

bench: venv images ca packs ## What an unchanged run costs: docs/benchmarks.md (a part: ARGS='--parts first-stage --rounds 3')
	PYTHONPATH=.collections:tests/lab:tests/bench lab/identity.sh test python tests/bench/idle_runs.py $(ARGS)

format: venv ## Format the Python code
	ruff format .
	ruff check --fix .

## Working with it

.PHONY: render explain lock docs changelog artifact
artifact: venv ## The file for Galaxy
	ansible-galaxy collection build --force

changelog: venv ## Write CHANGELOG.md from changelogs/fragments
	@lab/gates.sh write_changelog

docs: venv ## Write the generated pages
	PYTHONPATH=.collections python docs/generate.py

render: venv ## Write every node's files to RENDER_DIR without contacting a host: INVENTORY=..., ARGS=...
	$(PLAYBOOK) playbooks/render.yml -e render_dir=$(RENDER_DIR) $(ARGS)

explain: venv ## Write what each setting changes and why to EXPLAIN_DIR without contacting a host: INVENTORY=..., ARGS=...
	$(PLAYBOOK) playbooks/explain.yml -e explain_dir=$(EXPLAIN_DIR) $(ARGS)

lock: venv ## Resolve requirements-dev.txt and lab/cores/*.in anew into the files with checksums
	rm -rf $(LAB_DIR)/uv
	python -m venv $(LAB_DIR)/uv
	$(LAB_DIR)/uv/bin/pip install -q uv==$(UV_VERSION)
	$(RESOLVE) --python-version 3.11 requirements-dev.txt -o requirements-lock.txt
	$(RESOLVE) --python-version 3.11 lab/cores/requirements-2.18.in -o lab/cores/requirements-2.18.txt
	$(RESOLVE) --python-version 3.12 lab/cores/requirements-2.21.in -o lab/cores/requirements-2.21.txt

RESOLVE := $(LAB_DIR)/uv/bin/uv pip compile -q --universal --generate-hashes --no-header
UV_VERSION := 0.13.9
