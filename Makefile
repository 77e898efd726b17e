# Five verbs for every day (demo, test, lint, docs, bench) and a few for long nights. Each makes .venv when it is missing; only
# Python >= 3.11 and make are needed.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without compiled modules every command would compile some 200 of them anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test boot soak fuzz parity provider provider-facts lint docs bench scan lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

# setuptools warns at every editable installation of folders that may hide the package: nothing that a newcomer could act on.
.venv/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Soundstage needs Python 3.11 or newer; say which with: make PYTHON=python3.12"; exit 1; }
	@echo "Installing Soundstage into .venv: $$(grep -c '^[a-z].*==' requirements.lock) packages, once. This takes from half a minute to some minutes."
	@if uv --version >/dev/null 2>&1; then \
	  echo "with uv:" && uv venv --quiet --clear --seed --python "$(PYTHON)" .venv && \
	  uv pip install --python $(BIN)/python --require-hashes --requirement requirements.lock && \
	  uv pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
	  echo "with pip:" && $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --require-hashes --requirement requirements.lock && \
	  PYTHONWARNINGS="ignore:Editable installation" $(BIN)/python -m pip install --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@

demo: .venv/ready ## bring an example project up on the simulated cloud and show it
	@echo "Bringing examples/teaser.yaml up on a simulated cloud on this machine. This takes some seconds."
	$(BIN)/workstation up examples/teaser.yaml --yes
	$(BIN)/workstation status examples/teaser.yaml
	@echo
	@echo "That was a simulated cloud on this machine; nothing is billed. Next, a project of your own:"
	@echo "  source .venv/bin/activate"
	@echo "  workstation init my-film        write projects/my-film.yaml, to change as you like"
	@echo "  workstation preview my-film     show what would be made"
	@echo "  workstation up my-film          make it"
	@echo "  workstation down my-film        take it down, and keep the media"
	@echo "  workstation down examples/teaser.yaml --delete-media    remove this example"
	@echo "  workstation simulator stop      stop the simulated cloud"

test: .venv/ready ## every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

boot: .venv/ready ## boot scripts on real systems: needs root, debootstrap and systemd-nspawn, and makes a root once (build/boot)
	$(BIN)/python tests/boot/root.py build/boot/root
	SOUNDSTAGE_DEBIAN_ROOT=$${SOUNDSTAGE_DEBIAN_ROOT:-debootstrap} SOUNDSTAGE_UBUNTU_ROOT=$${SOUNDSTAGE_UBUNTU_ROOT:-debootstrap} \
	  $(BIN)/python -m pytest tests/boot tests/images -m boot

soak: .venv/ready ## the long matrices, alone with PART=…: life, inputs, week, races, gigabyte, growth, kills, faults, roles, hidden, mutants
	$(BIN)/python tests/soak/night.py $(PART)

fuzz: .venv/ready ## coverage-guided fuzzing, in an environment of its own
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet atheris --editable .
	.venv-fuzz/bin/python tests/soak/fuzz.py -runs=200000

parity: .venv/ready ## both engines through one table of scenarios; fails where there is no `pulumi`
	@command -v pulumi >/dev/null || { echo "make parity needs the genuine pulumi on PATH: workstation engine install"; exit 1; }
	$(BIN)/python -m pytest tests/parity -m engine

live: .venv/ready ## the facts of a first day on a real AWS account, which bills it; asks twice
	@$(BIN)/python tests/live

provider: .venv/ready ## Terraform's genuine AWS provider on what we export, by the printed permissions; skips where there is none
	$(BIN)/python -m pytest tests/provider -m provider

provider-facts: .venv/ready
	$(BIN)/python -m tests.provider.facts
	$(BIN)/python -m tests.provider.google_documents

lint: .venv/ready ## format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: .venv/ready ## write the generated pages
	$(BIN)/python docs/generate.py

bench: .venv/ready ## measure speed against peers and write docs/performance.md
	$(BIN)/python docs/bench.py

scan: .venv/ready ## Checkov over the example projects' plans, in an environment of its own
	@test -x .venv-peers/bin/checkov || { $(PYTHON) -m venv .venv-peers && .venv-peers/bin/pip install --quiet checkov==3.3.30; }
	mkdir -p build/scan
	for name in teaser feature; do \
	  $(BIN)/workstation export examples/$$name.yaml --output build/scan/$$name.json && \
	  .venv-peers/bin/checkov --file build/scan/$$name.json --config-file examples/ci/checkov.yaml || exit 1; \
	done

wheel: .venv/ready ## the wheel and a requirements.txt with every hash, for a pipeline of yours (dist/ci)
	rm -rf dist/ci build/lib
	$(BIN)/python -m build --quiet --wheel --no-isolation --outdir dist/ci
	$(BIN)/python .ci/requirements.py requirements.lock dist/ci

lock: ## renew requirements.lock from pyproject.toml
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras --extra dev --output-file requirements.lock pyproject.toml
	rm -rf .venv-lock

clean: ## remove what the other verbs made
	rm -rf .venv .venv-fuzz .venv-peers .venv-lock build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
