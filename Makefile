PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: run test lint space

run: $(VENV)/run.stamp
	$(RUN) -m dashboard

test: $(VENV)/test.stamp lint
	sh tests/browser/chromium.sh
	$(RUN) -m pytest

space: $(VENV)/run.stamp
	$(RUN) -m dashboard publish $(NAME)

lint: $(VENV)/test.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(VENV)/run.stamp: requirements.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/test.stamp: tests/requirements.txt requirements.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@ $(VENV)/run.stamp
