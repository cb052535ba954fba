"""Copies of a finished run that differ from it as runs of other settings do, without training them."""

import json
import shutil
from pathlib import Path
from typing import Any

from headrace.runs.run_folder import RunFolder

FILES = ("run.json", "result.json", "metrics.jsonl")


def copy_run(source: Path, target: Path, settings: dict[str, Any] | None = None, bundle: Path | None = None) -> Path:
    """Copy record, result, metrics and bundle of a run; return `target`.

    Args:
        settings: new values by dotted key of the configuration.
        bundle: bundle to copy instead of the run's own.
    """
    target.mkdir(parents=True)
    for name in FILES:
        shutil.copy(source / name, target / name)
    shutil.copytree(bundle or source / "bundle", target / "bundle")
    weights = json.loads((target / "bundle" / "origin.json").read_text())["weights_sha256"]
    edit(target / "result.json", run=str(target), bundle=str(target / "bundle"), weights_sha256=weights)
    record = json.loads((target / "run.json").read_text())
    for key, value in (settings or {}).items():
        section = record["configuration"]
        *parents, last = key.split(".")
        for parent in parents:
            section = section[parent]
        section[last] = value
    (target / "run.json").write_text(json.dumps(record | {"bundle": str(target / "bundle")}))
    return target


def edit(file: Path, **values: Any) -> None:
    """Set keys of a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def interrupt(run: Path) -> RunFolder:
    """Remove the result of a run, as if it had been stopped."""
    (run / "result.json").unlink()
    return RunFolder(run)
