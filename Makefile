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
# The molecule scenarios that make test runs; each has a lab of its own.
SCENARIOS ?= pattern2
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
	@python tests/lab/browser_login.py

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

.PHONY: test lint lint-python lint-types lint-yaml lint-shell lint-ansible unit molecule proof format
test: lint unit molecule ## Lint, unit tests, molecule

lint: lint-python lint-types lint-yaml lint-shell lint-ansible ## All linters

lint-python: venv
	ruff check .

lint-types: venv
	cd .collections && mypy --config-file ../pyproject.toml -p ansible_collections.identityops.wso2is.plugins
	mypy tests/lab

lint-yaml: venv
	yamllint --strict .

lint-shell: venv
	git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 shellcheck -x

lint-ansible: venv
	ansible-lint

unit: venv ## Unit tests (VENDOR_CONFIG=DIR adds those on the vendor's own files)
	PYTHONPATH=.collections python -m pytest -n auto --junitxml=$(RESULTS)/unit.xml $(ARGS)

molecule proof: export LAB_PREFIX := wso2is-test
molecule proof: export LAB_SUBNET := 172.30.60.0/24
molecule proof: export LAB_PUBLIC_PORT := 8643
molecule proof: export LAB_PUBLIC_HTTP_PORT := 8680
# Without them molecule breaks every line of the output.
molecule: export MOLECULE_COMMAND_BORDERS := false
molecule: venv images ca packs ## Molecule: SCENARIO=name, MOLECULE_COMMAND=converge|verify|destroy|test
	for scenario in $(SCENARIO); do molecule $(MOLECULE_COMMAND) --scenario-name "$$scenario"; done

proof: venv images ca packs ## What is too long for CI: tests/proof, against labs of its own
	PYTHONPATH=.collections:tests/lab python -m pytest -v --junitxml=$(RESULTS)/proof.xml tests/proof $(ARGS)

format: venv ## Format the Python code
	ruff format .
	ruff check --fix .

## Working with it

.PHONY: render lock docs
docs: venv ## Write the generated pages
	PYTHONPATH=.collections python docs/generate.py

render: venv ## Write every node's files to RENDER_DIR without contacting a host: INVENTORY=..., ARGS=...
	$(PLAYBOOK) playbooks/render.yml -e render_dir=$(RENDER_DIR) $(ARGS)

lock: venv ## Resolve requirements-dev.txt anew into requirements-lock.txt
	rm -rf $(LAB_DIR)/uv
	python -m venv $(LAB_DIR)/uv
	$(LAB_DIR)/uv/bin/pip install -q uv==$(UV_VERSION)
	$(LAB_DIR)/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.txt -o requirements-lock.txt

UV_VERSION := 0.13.9
