#!/bin/sh
# Compiles Horovod from its source on PyPI for the installed TensorFlow, without the file that needs XLA's headers.
# `make setup` and docker/Dockerfile do not need it: uv reads the same settings from pyproject.toml.
# Usage: install_horovod.sh [PYTHON]     PYTHON has TensorFlow and pip; HOROVOD_GPU_OPERATIONS and the like are kept.
set -eu
python=${1:-python3}
export HOROVOD_WITH_GLOO=1 HOROVOD_WITH_TENSORFLOW=1
export HOROVOD_WITHOUT_MPI=1 HOROVOD_WITHOUT_PYTORCH=1 HOROVOD_WITHOUT_MXNET=1
# Compiles one file as empty: xla_mpi_ops.cc includes headers that TensorFlow 2.19 and later do not ship.
export CMAKE_CXX_COMPILER_LAUNCHER='sh;-c;exec "$@" $(echo "$*" | sed -n "s/.*xla_mpi_ops.*/-UTENSORFLOW_VERSION/p");launcher'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "horovod==0.28.1 --hash=sha256:92a43f5a94c43907a56805bad15f19700c62ffc83b7ca483f9e104e229f67ef0" >"$folder/horovod.txt"
PATH=$(dirname "$(command -v "$python")"):$PATH
"$python" -m pip install --quiet "setuptools<70" wheel "cmake<4" ninja cloudpickle psutil pyyaml packaging
"$python" -m pip install --no-deps --no-build-isolation --no-binary horovod --require-hashes -r "$folder/horovod.txt"
