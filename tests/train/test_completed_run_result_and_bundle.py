"""A complete run answers for its own folder, with a bundle of its own weights."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace import bundle
from headrace.runs.run_folder import RunFolder
from headrace.train.completed_run_result_and_bundle import completed_result


def write_other_weights(source: Path, target: Path) -> None:
    """Write an intact bundle to `target` whose record has other weights than that in `source`."""
    shutil.copytree(source, target)
    origin = json.dumps(json.loads((source / "origin.json").read_text()) | {"weights_sha256": "0" * 64})
    (target / "origin.json").write_text(origin)
    manifest = json.loads((source / bundle.MANIFEST).read_text())
    manifest["hashes"]["origin.json"] = hashlib.sha256(origin.encode()).hexdigest()
    (target / bundle.MANIFEST).write_text(json.dumps(manifest))


def test_copied_run_keeps_its_bundle_when_the_original_was_continued(
    trained: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a bundle of other weights where the original was, nor one in its own place, is the run's."""
    shutil.copytree(trained["run"], tmp_path / "copy")
    folder, own = RunFolder(tmp_path / "copy"), tmp_path / "copy" / "bundle"
    write_other_weights(own, tmp_path / "original")
    folder.finish(trained | {"run": str(tmp_path), "bundle": str(tmp_path / "original")})
    record = folder.record()
    assert record is not None
    record = record.model_copy(update={"bundle": str(own)})
    answer = trained | {"run": str(folder.path), "bundle": str(own)}
    assert completed_result(folder, record) == answer == folder.result()
    assert bundle.load(own).origin.weights_sha256 == trained["weights_sha256"]
    shutil.rmtree(own)
    write_other_weights(Path(trained["bundle"]), own)
    assert completed_result(folder, record) is None
    assert "is missing or has other weights" in caplog.text
