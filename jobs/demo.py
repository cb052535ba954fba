"""The whole pipeline on real images: fetch, prepare, train on 2 ranks, evaluate, predict, report.

`make demo` runs it. Every stage is a `headrace` command, printed before it runs.

    python jobs/demo.py [--limit N] [key=value ...]
"""

import argparse
import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CONF = "conf/fashion_mnist.yaml"
RAW = "data/fashion-mnist/raw"
TABLE = "data/fashion-mnist/table"
RUN = "runs/fashion-mnist"
PREDICTIONS = "data/fashion-mnist/predictions"

NEXT = f"""
Outputs
  raw images   {RAW}
  table        {TABLE}             headrace inspect {TABLE}
  run          {RUN}                   tensorboard --logdir {RUN}/events
  model        {RUN}/bundle
  predictions  {PREDICTIONS}       Parquet: path, label, probabilities
  report       {RUN}/report.html       open it in a browser

What to try next (. .venv/bin/activate first)
  headrace train {CONF} train.run=runs/wider model.options.width=64
  headrace predict {RUN}/bundle FOLDER_OF_IMAGES my-predictions
  cp models/cnn.py my_network.py, change it, and
  headrace train {CONF} train.run=runs/mine model.file=my_network.py
  headrace init my-project        your own images in class folders: see the README
"""


def main() -> None:
    """Run every stage; the last line on standard output is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--limit", type=int, help="number of training images (and a sixth as many test images); default: all"
    )
    parser.add_argument("settings", nargs="*", metavar="key=value", help="overrides for the training")
    options = parser.parse_args()
    seconds: dict[str, float] = {}
    shutil.rmtree(PREDICTIONS, ignore_errors=True)
    _stage(seconds, "fetch", "fashion-mnist", RAW, *(["--limit", str(options.limit)] if options.limit else []))
    prepared = _stage(seconds, "prepare", CONF)
    trained = _stage(seconds, "train", CONF, *options.settings)
    evaluated = _stage(seconds, "evaluate", trained["bundle"], "--table", TABLE)
    predicted = _stage(seconds, "predict", trained["bundle"], f"{RAW}/test", PREDICTIONS)
    # The report shows these files if they exist.
    Path(RUN, "stages.json").write_text(json.dumps(seconds))
    Path(RUN, "predictions.json").write_text(json.dumps(predicted))
    report = _stage(seconds, "report", RUN)["report"]
    print(NEXT, file=sys.stderr)
    summary = {key: prepared[key] for key in ("rows_in", "written", "rejected", "duplicates", "version", "table")}
    summary |= {"ranks": trained["ranks"], "accuracy": evaluated["metrics"]["accuracy"]}
    summary |= {"predicted": predicted["rows"], "report": report, "bundle": trained["bundle"], "seconds": seconds}
    print(json.dumps(summary))


def _stage(seconds: dict[str, float], verb: str, *arguments: str) -> dict[str, Any]:
    """Run one command with its log on standard error, and return the JSON object of its last line."""
    print(f"\n$ headrace {shlex.join([verb, *arguments])}", file=sys.stderr, flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "headrace", verb, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        # A terminal sends Ctrl-C to the command too, which ends gracefully and reports it.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        output, _ = process.communicate()
    signal.signal(signal.SIGINT, previous)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if process.returncode:
        sys.exit(process.returncode)
    seconds[verb] = round(time.monotonic() - start, 1)
    line = output.splitlines()[-1]
    print(line, file=sys.stderr, flush=True)
    result: dict[str, Any] = json.loads(line)
    return result


if __name__ == "__main__":
    main()
