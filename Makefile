# Pinakes: `make run` and `make test` are all that one needs; `make` alone lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEIGHTS := models_store/weights/.fetched

.DEFAULT_GOAL := help
.PHONY: help setup run test lint lock reference clean browser validator

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(WEIGHTS) ## Install what serving needs: .venv/ and the weights

run: setup ## Set up and start everything: web, worker and scheduler, until Ctrl-C
	@exec $(BIN)/python -m app.supervisor

test: $(VENV)/.stamp-dev $(WEIGHTS) browser validator lint ## Set up what tests need, then run them all
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.stamp-dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: ## Pin the dependencies anew, with hashes (needs the package index)
	@sh scripts/lock.sh

reference: $(VENV)/.stamp-dev $(WEIGHTS) ## Run the reference systems' recipes and the field's protocols beside this product (after `make run`; TRAIN=no is quicker)
	@$(BIN)/flask weights fetch resnet50-imagenet efficientnet-lite0
	@$(BIN)/python -m benchmarks.reference $(PHOTOS)
	@$(BIN)/python -m benchmarks.protocols $(PHOTOS) $(if $(filter no,$(TRAIN)),--no-train)

clean: ## Remove the environment and caches; weights and the instance stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

browser:
	@sh scripts/browser.sh

validator: $(VENV)/.stamp-dev
	@sh scripts/validator.sh

# Stamps: each step is done again only when what it is made from changes.
$(VENV)/.stamp-venv:
	@sh scripts/environment.sh $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.stamp-run: $(VENV)/.stamp-venv requirements.txt
	@echo "Installing the dependencies of Pinakes (about 1 GB of disk; a few minutes the first time) …"
	@sh scripts/install.sh $(BIN)/python requirements.txt
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run requirements-dev.txt
	@echo "Installing what the tests need …"
	@sh scripts/install.sh $(BIN)/python requirements-dev.txt
	@touch $@

$(WEIGHTS): $(VENV)/.stamp-run models_store/weights.toml
	@echo "Fetching the weights …"
	@$(BIN)/flask weights fetch
	@touch $@
