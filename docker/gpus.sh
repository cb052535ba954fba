#!/bin/sh
# The GPUs of this machine, as Spark's discovery scripts tell them: {"name": "gpu", "addresses": ["0", "1"]}
set -eu
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -s -d ,)
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
