PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
DEV := requirements.txt tests/requirements.txt core/training/requirements.txt core/networks/requirements.txt

.PHONY: run test unit browser ray lint space

run: $(VENV)/run.stamp
	$(RUN) -m dashboard

# Two processes, each with files of its own: tests compute on one thread, or wait for a page. In the order in which they
# are found, the long files of the browser first, so that neither process is left with one at the end
test: lint
	sh tests/browser/chromium.sh
	$(RUN) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

unit: $(VENV)/test.stamp
	$(RUN) -m pytest -m "not browser and not ray"

browser: $(VENV)/test.stamp
	sh tests/browser/chromium.sh
	$(RUN) -m pytest -m browser

ray: $(VENV)/test.stamp
	$(PIP) -r deploy/requirements.txt
	$(RUN) -m pytest -m ray

space: $(VENV)/run.stamp
	$(RUN) -m dashboard publish $(NAME)

lint: $(VENV)/test.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(RUN) tests/audit.py

$(VENV)/run.stamp: requirements.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/test.stamp: $(DEV)
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) $(addprefix -r ,$(DEV))
	touch $@ $(VENV)/run.stamp
