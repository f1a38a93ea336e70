# Two commands: `make demo` sets up and runs the main job, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIM := .venv-sim
SIM_PYTHON ?= python3.11
SOURCE ?=
ARGS ?=
# mypy looks for `siaga` itself in one of its four folders only.
PARTS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard $(addsuffix /siaga/*/__init__.py,pipeline serve models datasets))))))

.PHONY: demo test lint bench docs sim clean help

help:
	@echo "make demo [SOURCE=rtsp://... or a file] - set up and watch Siaga work"
	@echo "make test                               - set up and run lint and all tests"
	@echo "make lint                               - format, style, types, layers"
	@echo "make bench                              - the edge's cost against the floor and against peers"
	@echo "make docs                               - write docs/reference from the code"
	@echo "make sim                                - set up $(SIM) to render the simulated site (Python 3.11)"

# The edge and the service: no compiler, no system package, no torch.
$(VENV)/.demo: pyproject.toml tests/setup/opencv.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[serve]"
	bash tests/setup/opencv.sh $(BIN)/python
	touch $@

demo: $(VENV)/.demo
	$(BIN)/siaga demo $(SOURCE) $(ARGS)

# Everything that the tests use, torch and system packages included.
$(VENV)/.test: pyproject.toml tests/setup/opencv.sh tests/setup/torch.sh tests/setup/system-packages.sh
	bash tests/setup/system-packages.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	bash tests/setup/torch.sh $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[serve,postgres,s3,timestamp,data,mqtt,openvino,bench,dev]"
	bash tests/setup/opencv.sh $(BIN)/python
	touch $(VENV)/.demo $@

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PARTS:%=-p siaga.%)
	$(BIN)/lint-imports

test: $(VENV)/.test lint
	$(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.test
	$(BIN)/python benchmarks/edge.py $(ARGS)

docs: $(VENV)/.test
	$(BIN)/python -m siaga.cli.reference

# Blender as a Python module, in an environment of its own: it needs Python 3.11 and numpy 1.
$(SIM)/.ready: pyproject.toml
	$(SIM_PYTHON) -m venv $(SIM)
	$(SIM)/bin/pip install --quiet --upgrade pip
	$(SIM)/bin/pip install --quiet --group sim
	$(SIM)/bin/pip install --quiet --no-deps --editable .
	touch $@

sim: $(SIM)/.ready
	@echo "$(SIM)/bin/siaga sim render groundworks --out out/groundworks"

clean:
	rm -rf $(VENV) var
