#!/bin/sh
# Prints the GPUs of this machine in the format of Spark's discovery scripts: {"name": "gpu", "addresses": ["0", "1"]}
set -eu
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -s -d ,)
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
