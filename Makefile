.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-unit test-engines lock-engines check docs bench local-cluster cluster-test cloud-test airflow format clean

# Spark starts the first python3 on PATH in its executors; it must be the one that has Headrace.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Without bytecode each of the hundreds of processes of the tests compiles Headrace again, and pytest its test files.
unexport PYTHONDONTWRITEBYTECODE

help:    ## show this list
	@sed -n 's/^\([a-z-]*\): *## /  make \1\t/p' Makefile | expand -t 22

setup:   ## install what is missing: Java, a compiler, uv, the environment .venv
	@.ci/setup

demo:    ## raw Fashion-MNIST to a trained model and its report, on this machine
	@.ci/setup
	.venv/bin/python jobs/demo.py

TESTS := not container and not engines and not cloud and not long
UNIT := not spark and not horovod and not tensorflow and not s3 and not hdfs and not network and not browser and not slow and not long and not container and not engines and not cloud and not petastorm
# Folders with tests that need the complete Petastorm.
PETASTORM := tests/stream tests/prepare/sources tests/inspection/test_table_description.py

test:    ## what CI runs: tests with real Spark, Horovod and Chromium
	@.ci/setup --browser
	.venv/bin/python -m tests.quick_java
	.venv/bin/pytest -m '$(TESTS)' --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20

test-all: ## every test except those of container images, with the oldest and the newest engines too
	@$(MAKE) test TESTS='not container and not engines and not cloud and not alone'
	.venv/bin/pytest -m alone
	@$(MAKE) test-engines

test-unit: ## the tests that need no engine, in less than a minute
	@.ci/setup
	.venv/bin/pytest -m '$(UNIT)' --numprocesses 2 --dist loadfile --quiet

test-engines: ## the oldest, the default and the newest engines: a smoke test of each, and Petastorm's bridges
	@.ci/setup
	@.ci/engines oldest
	@.ci/engines newest
	.venv/bin/pytest -m engines tests/engines
	.venv-oldest/bin/python -m pytest -m petastorm $(PETASTORM)

lock-engines: ## lock the three sets of engines again, at the newest versions that pyproject.toml and tests/engines allow
	@.ci/setup
	.ci/lock_engines

check:   ## format, lint, types, and the direction between rooms
	@.ci/setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs:    ## build the documentation site into site/, in the environment .venv-docs
	@.ci/setup
	@.ci/docs

bench:   ## measure speed, of one part by PART=training, prediction, transform, streaming, preparation, engines or wire_bytes
	@.ci/setup
	.venv/bin/python -m tests.bench$(if $(PART),.$(PART))

local-cluster: ## a Spark master and two workers on this machine, until interrupted
	@.ci/setup
	.venv/bin/python jobs/local_cluster.py

cluster-test: ## build the container images and test a cluster of containers, with Docker or Podman
	@.ci/setup
	.venv/bin/pytest -m container tests/containers

cloud-test: ## test Azure's and Google's storage with servers that npm and Go install
	@.ci/setup
	.venv/bin/pytest -m cloud tests/storage

airflow: ## install Airflow into .venv-airflow, for pipelines/airflow_dag.py
	@.ci/setup
	pipelines/airflow_setup

format:  ## fix format, and lint findings that can be fixed automatically
	@.ci/setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

clean:   ## remove environments, caches and the site; data and runs stay
	rm -rf .venv .venv-* site .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
