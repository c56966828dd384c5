# `make help` lists the targets. Whichever is called first sets everything up: a virtual environment in .venv with
# exactly the packages in requirements.txt, each checked against its hash, and lensfinder itself, editable.

.DEFAULT_GOAL := help

PRESET ?=
SURVEY ?=
PORT ?= 5000
PYTEST_ARGS ?=

# A command that exists may still fail to run, and Python may lack the module that makes environments: try each.
USABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
CANDIDATES := python3.13 python3.12 python3.11 python3 python
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	$$python -c '$(USABLE)' 2>/dev/null && echo $$python && break; done)

BIN := .venv/bin
IN_VENV := PATH="$(CURDIR)/$(BIN):$$PATH" VIRTUAL_ENV="$(CURDIR)/.venv"
# The place is part of the stamps' names: an environment does not survive a move.
PLACE := $(shell printf %s '$(CURDIR)' | cksum | cut -d' ' -f1)
LOCKED := .venv/.locked-$(PLACE)
INSTALLED := .venv/.installed-$(PLACE)

# `make repro PRESET=talk` works in a clone of its own; results of two presets never mix.
CLONE := .lensfinder/presets/$(PRESET)
ifneq ($(PRESET),)
ifeq ($(wildcard presets/$(PRESET).yaml),)
$(error no preset $(PRESET); there are: $(basename $(notdir $(wildcard presets/*.yaml))))
endif
endif
# What a pipeline writes and git tracks: the clone keeps its own.
OUTPUTS := dvc.lock metrics validation studies/**/dvc.lock pipelines/**/dvc.lock
WORKPLACE := $(if $(PRESET),$(CLONE),.)
# A survey from outside brings a pipeline of its own; those of this repository share dvc.yaml.
OUTSIDE := $(wildcard pipelines/$(SURVEY)/dvc.yaml)

# A question to one survey's data that has a pipeline of its own: dvc.yaml in a folder of studies/.
STUDIES := $(sort $(subst _,-,$(notdir $(patsubst %/dvc.yaml,%,$(wildcard studies/*/*/dvc.yaml)))))
STUDIED := $(or $(SURVEY),jpas)

# DVC needs git; said before an installation of minutes.
ifneq ($(filter repro $(STUDIES),$(MAKECMDGOALS)),)
ifeq ($(wildcard .git),)
$(error $(CURDIR) is no git repository, which DVC needs: get it by `git clone`, or make it one by \
	`git init && git add --all && git commit -m start`)
endif
endif

.PHONY: help install survey repro $(STUDIES) test lint bench ui lock clean preset-clone

help: ## list the targets
	@echo 'make TARGET  (Python 3.11, 3.12 or 3.13, git and make are all that it needs)'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' Makefile
	@echo 'Presets: $(basename $(notdir $(wildcard presets/*.yaml)))'

install: $(INSTALLED) ## set up .venv (every other target does so by itself)

repro: survey $(if $(PRESET),preset-clone) ## run the pipeline; SURVEY=jpas or euclid one track; PRESET=name a preset, in a clone of its own
	@cd '$(WORKPLACE)' && $(IN_VENV) $(if $(PRESET),PYTHONPATH="$$PWD/src") dvc repro $(or $(OUTSIDE),$(SURVEY:%=compare-%))
	@$(if $(PRESET),echo 'Results of preset $(PRESET): $(CLONE) (`make ui PRESET=$(PRESET)` shows its runs)')

# Only the installed package knows which surveys there are.
survey: $(INSTALLED)
	@test -z '$(SURVEY)' || $(IN_VENV) lensfinder surveys | grep -qxF '$(SURVEY)' || { \
		echo "make: no survey $(SURVEY); there are:" $$($(IN_VENV) lensfinder surveys) >&2; exit 2; }

cv: ## cross-validate cube and pseudo-spectra (20 minutes); SURVEY=euclid the training sets; PRESET=name as above
cv-leak: ## the same on random folds, the usual mistake, to see what it costs; runs cv first (J-PAS)
ablations: ## which information the networks need: normalisations, one pseudo-spectrum, colours or morphology alone (J-PAS)
hard-negatives: ## false-positive rate on what mimics lenses and was never trained on (J-PAS)

ifneq ($(filter $(STUDIES),$(MAKECMDGOALS)),)
$(foreach study,$(filter $(STUDIES),$(MAKECMDGOALS)),$(if $(wildcard studies/$(STUDIED)/$(subst -,_,$(study))/dvc.yaml),,\
	$(error no study $(study) of $(STUDIED); there are: $(notdir $(wildcard studies/$(STUDIED)/*)))))
endif

$(STUDIES): survey $(if $(PRESET),preset-clone)
	@cd '$(WORKPLACE)' && $(IN_VENV) $(if $(PRESET),PYTHONPATH="$$PWD/src") dvc repro 'studies/$(STUDIED)/$(subst -,_,$@)/dvc.yaml'
	@$(if $(PRESET),echo 'Results of preset $(PRESET): $(CLONE)/reports/$(subst -,_,$@)/$(STUDIED)')

test: $(INSTALLED) ## run all tests; PYTEST_ARGS="-k lens" some of them
	@$(IN_VENV) TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(INSTALLED) ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(INSTALLED) ## measure speed (benchmarks/)
	@set -e; for script in benchmarks/bench_*.py; do echo "== $$script"; $(IN_VENV) $(BIN)/python $$script; done

ui: $(INSTALLED) ## show the runs in a browser, at PORT=5000; PRESET=name those of a preset's clone
	@test -d '$(WORKPLACE)' || { echo '$(WORKPLACE): nothing there yet; `make repro PRESET=$(PRESET)` makes it' >&2; exit 2; }
	@cd '$(WORKPLACE)' && $(IN_VENV) python -m lensfinder.tracking.database
	@cd '$(WORKPLACE)' && $(IN_VENV) MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
		mlflow ui --workers 1 --port $(PORT)

lock: $(INSTALLED) ## choose the newest versions that fit pyproject.toml and write requirements.txt
	@printf '%s\n' 'setuptools>=77' uv | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--extra dev --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command 'make lock' \
		--output-file requirements.txt pyproject.toml -

clean: ## remove caches and interrupted work; results, runs and .venv stay
	@rm -rf .lensfinder/work .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Compiled once here: where Python may not write its bytecode, every stage would compile TensorFlow anew, for 12 s.
$(LOCKED): requirements.txt
	@test -n '$(PYTHON)' || { echo 'make: found no Python 3.11, 3.12 or 3.13 with its venv module' \
		'(on Debian and Ubuntu: apt install python3-venv); name one with `make PYTHON=/path/to/python`' >&2; exit 2; }
	@$(PYTHON) -c '$(USABLE)' || { echo 'make: PYTHON=$(PYTHON) is no Python 3.11, 3.12 or 3.13 with its venv module' >&2; exit 2; }
	@echo "Setting up .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt
	@touch $@

$(INSTALLED): $(LOCKED) pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The clone takes the sources as they stand, uncommitted changes to tracked files included.
preset-clone: $(INSTALLED)
	@test -d '$(CLONE)/.git' || git clone --quiet . '$(CLONE)'
	@sources=$$(git stash create) && git push --quiet --force '$(CLONE)' HEAD:refs/lensfinder/head \
		"$${sources:-HEAD}:refs/lensfinder/sources"
	@git -C '$(CLONE)' reset --quiet --soft refs/lensfinder/head
	@git -C '$(CLONE)' restore --source refs/lensfinder/sources --staged --worktree -- . \
		$(foreach output,$(OUTPUTS),':(exclude)$(output)')
	@cd '$(CLONE)' && $(IN_VENV) PYTHONPATH="$$PWD/src" lensfinder preset '$(PRESET)'
