# Needs make and Python 3.11 or later; everything else goes into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
LOWEST := .venv-lowest
WHEEL := .venv-wheel
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

.PHONY: help demo firmware-demo test test-lowest lint docs linkcheck dist clean

help:
	@echo "make demo   install into $(VENV), then train and score on the MIT-BIH database"
	@echo "            (on synthetic records if it cannot be had); see demo-output"
	@echo "make firmware-demo   write a model in the box as C, and let an emulated Cortex-M4"
	@echo "            label a record of the MIT-BIH database; see firmware-demo"
	@echo "make test   lint, build the documentation and run all tests"
	@echo "make test-lowest   run all tests with the lowest versions that pyproject.toml promises"
	@echo "make lint   check style, types, spelling, and who imports whom"
	@echo "make docs   build the documentation in docs/_build/html"
	@echo "make linkcheck   try the links of the documentation that lead elsewhere"
	@echo "make dist   build the sdist and the wheel, and try the wheel in an empty environment"
	@echo "make clean  remove $(VENV), the built documentation and the demo's output"
	@echo
	@echo "PYTHON=/path/to/python chooses the Python, 3.11 or later (now: $(PYTHON))"

demo: $(VENV)/installed
	@$(BIN)/sklearn-ecg demo
	@echo "The command is $(BIN)/sklearn-ecg; with --help it says what else it can do."

firmware-demo: $(VENV)/installed
	@for program in arm-none-eabi-gcc qemu-system-arm; do \
		command -v $$program >/dev/null || { \
			echo "$$program is missing. On Debian and Ubuntu: sudo apt-get install" \
				"gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"; \
			exit 1; } >&2; \
	done
	@$(BIN)/sklearn-ecg export wearable firmware-demo --data mitdb --rate 250 \
		--profile --play 208

# Two processes, of one thread each: more threads than cores take many times as long.
# pytest comes last, so that the last line says how many tests passed.
test: export OMP_NUM_THREADS = 1
test: lint docs
	@$(BIN)/python -m pytest -n 2 --dist loadfile

# With Python 3.11: the old releases know no newer one. They call what newer ones of their
# own dependencies deprecate.
test-lowest:
	@$(PYTHON) -m venv --clear $(LOWEST)
	@$(PYTHON) .ci/lowest_versions.py > $(LOWEST)/constraints.txt
	@$(LOWEST)/bin/python $(PIP_INSTALL) 'pip>=25.1'
	@$(LOWEST)/bin/python $(PIP_INSTALL) -c $(LOWEST)/constraints.txt -e '.[all]' --group test
	@$(LOWEST)/bin/python -m pytest -W ignore::DeprecationWarning

lint: $(VENV)/installed-for-tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/typos
	@.ci/javascript/lint

# -E reads every page anew: what an earlier build warned of would else pass unseen.
docs: $(VENV)/installed-for-tests
	@$(BIN)/sphinx-build -q -E -W --keep-going -b html docs docs/_build/html
	@echo "The documentation is in docs/_build/html/index.html"

# By hand: it needs the network. What leads from page to page `make docs` checks.
linkcheck: $(VENV)/installed-for-tests
	@$(BIN)/sphinx-build -q -D plot_gallery=0 -b linkcheck docs docs/_build/linkcheck

# The wheel is built from the sdist and installed where nothing else is, so that a file
# that is missing in either shows itself.
dist: $(VENV)/installed-for-tests
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt --group dist
	@rm -rf dist
	@$(BIN)/python -m build --quiet
	@$(BIN)/twine check --strict dist/*
	@$(PYTHON) -m venv --clear $(WHEEL)
	@$(WHEEL)/bin/python $(PIP_INSTALL) -c constraints.txt dist/*.whl
	@.ci/try_installed $(WHEEL)/bin

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "sklearn_ecg needs Python 3.11 or later; $(PYTHON) is" \
			"$$($(PYTHON) --version 2>/dev/null || echo missing)."; \
		echo "Say which to use: make PYTHON=/path/to/python3.11"; exit 1; } >&2
	@echo "Making the virtual environment $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing sklearn_ecg; the first time, this takes some minutes"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing sklearn_ecg and what its tests need; the first time, this takes some minutes"
	@$(BIN)/python $(PIP_INSTALL) 'pip>=25.1' # It knows --group.
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e '.[all]' --group dev
	@touch $(VENV)/installed $@

clean:
	rm -rf $(VENV) $(LOWEST) $(WHEEL) build dist *.egg-info docs/_build docs/api/generated \
		docs/auto_examples demo-output firmware-demo
