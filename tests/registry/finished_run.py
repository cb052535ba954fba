"""The folder of a finished run, with a bundle of an untrained network."""

import json
from pathlib import Path

from headrace.config import Configuration
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table

STEPS = 12


DATABASE = {
    "kind": "table",
    "format": "jdbc",
    "path": "jdbc:derby:memory:none",
    "columns": {"input": "data"},
    "options": {"password": "$SECRET"},
}


def write_run(path: Path, seed: int, *, finished: bool = True, classes: tuple[str, ...] = CLASSES) -> Path:
    """Write a run of 12 steps in 2 epochs on version 0 of the table `table` next to it; `seed` sets its weights."""
    table = path.parent / "table"
    version = write_table(table, Content(splits={"train": some_rows(12)}, classes=classes))
    folder = RunFolder(path)
    folder.begin(_record(path, table), "# a network\n")
    lines = [
        {"kind": "step", "step": s, "epoch": s // 7, "loss": 1 / s, "seconds": s * 0.5} for s in range(1, STEPS + 1)
    ]
    lines += [
        {"kind": "epoch", "step": 6 * e, "epoch": e - 1, "loss": 0.5 / e, "val_loss": 0.6 / e, "seconds": 3.0 * e}
        for e in (1, 2)
    ]
    folder.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"kind": "step", "st')
    if finished:
        bundle = write_bundle(path / "bundle", version, small_model(version, seed), weights_sha256=f"{seed:064x}")
        folder.finish({"bundle": str(bundle), "weights_sha256": f"{seed:064x}", "steps": STEPS})
    return path


def _record(path: Path, table: Path) -> RunRecord:
    """Return the record of the run; its source has a password."""
    configuration = Configuration.model_validate(
        {
            "data": {"source": DATABASE, "table": str(table)},
            "model": {"file": "models/cnn.py", "options": {"width": 4}},
            "train": {"run": str(path), "epochs": 2},
        }
    )
    return RunRecord(
        configuration=configuration,
        table=str(table),
        table_id="t",
        data_version=0,
        model_sha256="a" * 64,
        ranks=2,
        global_batch=2,
        lanes=2,
        steps_per_epoch=6,
        epochs=2,
        versions={"keras": "3.15.0"},
        command="headrace train conf.yaml",
        created="2026-03-01T14:05:09+00:00",
        bundle=str(path / "bundle"),
    )
