# make demo   the main job on synthetic faces: environment, install, one pooled leave-one-subject-out result
# make test   every test, the docs build and the notebooks among them, on the newest scikit-learn and on 1.8
# make lint   ruff and mypy
# make docs   the documentation, into docs/_build; notebooks are run once and kept
# make site   the documentation of every tagged version and of this checkout, into docs/_build/site
# make screenshots   a picture of every page of the documentation, at the width of a desk and of a phone
# make wheel  sdist and wheel into dist, and the demo from the wheel in an environment of its own
# make lowest   the tests on the lowest versions that pyproject.toml names, in an environment of its own
# make notebooks   the notebooks with their outputs, into build/notebooks
# make browser  Chromium and its driver for the tests of the report, where Debian's packages can be had
# make clean  remove everything that these made

PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
OLDEST := .venv-sklearn18
LOWEST := .venv-lowest
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt
# The files that run scikit-learn's own check suite.
CHECKS := tests/test_common.py $(wildcard tests/*/test_common_checks.py)
DEFINITION := pyproject.toml constraints.txt

.PHONY: demo test lowest lint docs site screenshots wheel notebooks browser clean

demo: $(VENV)/.demo
	$(BIN)/python -m skmer demo

test: $(VENV)/.test $(OLDEST)/.ready browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
	$(OLDEST)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(CHECKS)

lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.test
	SKMER_DOCS_RUN=1 $(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

site: $(VENV)/.test
	$(BIN)/python docs/build_versions.py

screenshots: docs browser
	$(BIN)/python docs/screenshots.py

wheel: $(VENV)/.test
	rm -rf dist
	$(BIN)/python -m hatchling build --directory dist
	$(BIN)/python tests/install_wheel.py dist/*.whl

notebooks: $(VENV)/.test
	mkdir -p build/notebooks && cp notebooks/*.ipynb build/notebooks/
	$(BIN)/jupyter execute --inplace build/notebooks/*.ipynb

# Without a browser its tests are skipped, and say so.
browser:
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends chromium chromium-driver) >/dev/null \
		|| echo "Chromium could not be installed: its tests will be skipped"; \
	else echo "No Chromium here, and no apt-get or no root to install it: its tests will be skipped"; fi

clean:
	rm -rf $(VENV) $(OLDEST) $(LOWEST) build dist demo-output docs/_build docs/api/generated
	rm -rf .pytest_cache .mypy_cache .ruff_cache

# Stamps live inside the environment, so that removing it removes them.
$(VENV)/.ready:
	@$(PYTHON) -c 'import sys; sys.exit("skmer needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade "pip>=25.1"
	touch $@

$(VENV)/.demo: $(DEFINITION) | $(VENV)/.ready
	$(INSTALL) --editable ".[demo]"
	touch $@

$(VENV)/.test: $(VENV)/.demo
	$(INSTALL) --group test
	touch $@

$(VENV)/.lint: $(VENV)/.demo
	$(INSTALL) --group lint
	touch $@

# The same packages with scikit-learn 1.8 laid over them: what is not found here is found in $(VENV).
$(OLDEST)/.ready: $(VENV)/.test
	rm -rf $(OLDEST)
	$(BIN)/python -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps "scikit-learn==1.8.*"
	$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
		> "$$($(OLDEST)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
	$(OLDEST)/bin/python -c 'import sklearn, skmer; assert sklearn.__version__.startswith("1.8."), sklearn.__version__'
	touch $@

$(LOWEST)/.ready: pyproject.toml constraints-lowest.txt
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip --disable-pip-version-check install --quiet --upgrade "pip>=25.1"
	$(LOWEST)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints-lowest.txt \
		--editable ".[demo]" --group test
	touch $@
