"""Evaluation agrees with a plain loop over the same rows, and refuses tables that do not fit the bundle."""

import base64
import io
import json
import math
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from sklearn.metrics import roc_auc_score

from headrace import cli
from headrace.errors import DataError
from headrace.evaluate import job
from headrace.evaluate.job import evaluate
from headrace.table import Version, read
from headrace.targets.classification.report_section import Evaluation
from tests.support.commands import headrace, run
from tests.support.small_bundle import fitted, small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

CONTENT = Content(
    splits={"train": some_rows(60, shape=(12, 10, 3)), "test": some_rows(41, (7, 1, 33), shape=(12, 10, 3))}
)


def test_evaluation_imports_tensorflow_only_after_its_checks() -> None:
    """A misspelt --slice is refused at once."""
    program = "import sys, headrace.evaluate.job; sys.exit('tensorflow' in sys.modules)"
    run([sys.executable, "-c", program], cwd=Path.cwd())


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Write a table with 60 training and 41 test rows."""
    return write_table(tmp_path_factory.mktemp("data") / "table", CONTENT)


@pytest.fixture(scope="module")
def bundle(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a bundle for the table; do not change it."""
    return write_bundle(tmp_path_factory.mktemp("trained") / "bundle", version)


@pytest.fixture
def bundle_copy(bundle: Path, tmp_path: Path) -> Path:
    """Return a copy of the bundle that a test may change."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def read_evaluation(bundle_copy: Path, split: str = "test") -> dict[str, Any]:
    """Return the content of a bundle's evaluation file."""
    found: dict[str, Any] = json.loads((bundle_copy / "evaluation" / f"{split}.json").read_text())
    return found


@pytest.mark.parametrize("batch", [1, 10, 41, 256])
def test_evaluate_agrees_with_plain_loop_for_any_batch_size(
    version: Version, bundle_copy: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "BATCH", batch)
    shown = evaluate(bundle_copy, version.table, "test", None)
    rows, found = CONTENT.splits["test"], read_evaluation(bundle_copy)
    model, confusion, loss = small_model(version), [[0] * 3 for _ in range(3)], 0.0
    for pixels, label in zip(rows.pixels, rows.labels, strict=True):
        answer = np.asarray(model(pixels[None]))[0]
        confusion[label][int(answer.argmax())] += 1
        loss -= math.log(answer[label])
    assert found["confusion"] == confusion
    assert found["rows"] == shown["rows"] == 41
    assert found["metrics"]["loss"] == pytest.approx(loss / 41, rel=1e-5)
    assert found["metrics"]["accuracy"] == pytest.approx(sum(confusion[i][i] for i in range(3)) / 41)
    assert [found["per_class"][name]["support"] for name in CLASSES] == [14, 14, 13]


def test_worst_mistakes_are_most_confident_with_their_own_images(version: Version, bundle_copy: Path) -> None:
    evaluate(bundle_copy, version.table, "test", None)
    rows = CONTENT.splits["test"]
    answers = np.asarray(small_model(version)(rows.pixels))
    wrong = [row for row in range(41) if answers[row].argmax() != rows.labels[row]]
    wrong.sort(key=lambda row: -answers[row].max())
    found = read_evaluation(bundle_copy)["worst"]
    assert len(found) == min(24, len(wrong))
    for row, shown in zip(wrong, found, strict=False):
        assert shown["probability"] == pytest.approx(answers[row].max(), abs=1e-5)
    for shown in found:
        row = int(Path(shown["path"]).stem)
        assert (shown["label"], shown["predicted"]) == (CLASSES[rows.labels[row]], CLASSES[answers[row].argmax()])
        assert shown["label_probability"] == pytest.approx(answers[row][rows.labels[row]], abs=1e-5)
        picture = PIL.Image.open(io.BytesIO(base64.b64decode(shown["png"])))
        assert np.array_equal(np.asarray(picture), rows.pixels[row])


def test_evaluate_reports_accuracy_of_trained_network(version: Version, tmp_path: Path) -> None:
    rows = CONTENT.splits["train"]
    model = fitted(version, rows.pixels, np.array(rows.labels), epochs=150)
    learned = float(np.mean(np.asarray(model(rows.pixels)).argmax(1) == rows.labels))
    path = write_bundle(tmp_path / "bundle", version, model)
    assert evaluate(path, version.table, "train", None)["metrics"]["accuracy"] == pytest.approx(learned)
    assert learned > 0.6


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_evaluate_accepts_table_with_another_codec(bundle_copy: Path, tmp_path: Path, codec: str) -> None:
    stored = write_table(tmp_path / "table", replace(CONTENT, codec=codec))
    assert evaluate(bundle_copy, stored.table, "test", None)["rows"] == 41


def test_evaluation_file_is_readable_by_report(version: Version, bundle_copy: Path) -> None:
    shown = evaluate(bundle_copy, version.table, "test", 0)
    file = bundle_copy / "evaluation" / "test.json"
    found = Evaluation.model_validate_json(file.read_bytes())
    assert shown["evaluation"] == str(file)
    assert "run" not in shown
    (bundle_copy.parent / "run.json").write_text("{}")
    shown = evaluate(bundle_copy, version.table, "test", 0)
    assert shown["run"] == str(bundle_copy.parent)
    scores = {one["name"]: one["f1"] for one in shown["worst_classes"]}
    assert len(scores) == 2
    assert max(scores.values()) <= min(
        found["f1"] for name, found in read_evaluation(bundle_copy)["per_class"].items() if name not in scores
    )
    assert (found.split, found.version, found.table, found.classes) == ("test", 0, str(version.table), CLASSES)
    assert found.command == f"headrace evaluate {bundle_copy} --table {version.table} --split test --version 0"
    assert found.seconds > 0


def test_slice_metrics_agree_with_rows_of_the_slice(version: Version, bundle_copy: Path) -> None:
    shown = evaluate(bundle_copy, version.table, "test", None, ("path", "content_hash"))
    found, rows = read_evaluation(bundle_copy), CONTENT.splits["test"]
    right = np.asarray(small_model(version)(rows.pixels)).argmax(1) == rows.labels
    for number, part in enumerate(found["slices"]["class"]):
        assert (part["name"], part["rows"]) == (CLASSES[number], list(rows.labels).count(number))
        assert part["metrics"]["accuracy"] == pytest.approx(right[np.array(rows.labels) == number].mean())
    (folder,) = found["slices"]["path"]
    assert (folder["name"], folder["metrics"]["accuracy"]) == ("test", found["metrics"]["accuracy"])
    assert [part["rows"] for part in found["slices"]["content_hash"]] == [1] * 20 + [21]
    assert json.loads(json.dumps(shown["slices"])) == {name: found["slices"][name] for name in ("path", "content_hash")}
    assert found["command"].endswith("--slice path --slice content_hash")


def test_evaluation_contains_calibration_and_curves(version: Version, bundle_copy: Path) -> None:
    evaluate(bundle_copy, version.table, "test", None)
    found, rows = read_evaluation(bundle_copy), CONTENT.splits["test"]
    answers = np.asarray(small_model(version)(rows.pixels))
    for number, name in enumerate(CLASSES):
        expected = roc_auc_score(np.array(rows.labels) == number, answers[:, number])
        assert found["per_class"][name]["roc_auc"] == pytest.approx(expected, abs=1e-3)
    assert found["metrics"]["brier_score"] == pytest.approx(
        ((answers - np.eye(3)[rows.labels]) ** 2).sum(1).mean(), abs=1e-4
    )
    assert sum(one["rows"] for one in found["calibration"]) == 41
    assert set(found["curves"]) == set(CLASSES)


def test_evaluate_refuses_unknown_slice_column(
    version: Version, bundle_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = evaluate_and_fail(capsys, str(bundle_copy), "--table", str(version.table), "--slice", "shop", code=2)
    assert "--slice names 'shop'" in sentence
    assert "expected one of class, path, label, content_hash" in sentence
    assert not (bundle_copy / "evaluation").exists()


def test_evaluate_uses_requested_version(bundle_copy: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    write_table(table, CONTENT)
    write_table(table, replace(CONTENT, splits=CONTENT.splits | {"test": some_rows(5, shape=(12, 10, 3))}))
    assert evaluate(bundle_copy, table, "test", 0)["rows"] == 41
    assert evaluate(bundle_copy, table, "test", None)["rows"] == 5
    assert read_evaluation(bundle_copy)["version"] == 1


def test_evaluate_without_a_table_uses_the_version_of_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = write_table(tmp_path / "table", CONTENT)
    bundle = write_bundle(tmp_path / "bundle", version)
    write_table(tmp_path / "table", CONTENT)
    caplog.set_level("INFO")
    result = evaluate(bundle, None, "test", None)
    assert (result["rows"], result["version"]) == (41, version.number)
    assert f"Evaluating on version {version.number} of {version.table}, the table that the mod" in caplog.text
    assert f"--table {version.table}" in read_evaluation(bundle)["command"]
    shutil.rmtree(version.table)
    expected = rf"trained on version {version.number} of \S+/table, which cannot be read; name a table with --table"
    with pytest.raises(DataError, match=expected):
        evaluate(bundle, None, "test", None)


def test_evaluate_again_replaces_only_its_split(version: Version, bundle_copy: Path) -> None:
    for split in ("test", "train", "test"):
        evaluate(bundle_copy, version.table, split, None)
    assert sorted(file.name for file in (bundle_copy / "evaluation").iterdir()) == ["test.json", "train.json"]


def evaluate_and_fail(capsys: pytest.CaptureFixture[str], *words: str, code: int = 3) -> str:
    """Run `headrace evaluate`, which must fail with this exit code, and return its one sentence."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--quiet", "evaluate", *words])
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (sentence,) = printed.err.strip().splitlines()
    return sentence


def test_evaluate_refuses_missing_split(
    version: Version, bundle_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = evaluate_and_fail(capsys, str(bundle_copy), "--table", str(version.table), "--split", "val")
    assert "has no split 'val'; it has: train, test" in sentence
    assert not (bundle_copy / "evaluation").exists()


def test_evaluate_matches_classes_by_name(version: Version, bundle_copy: Path, tmp_path: Path) -> None:
    """The same rows with the same names, only numbered otherwise, have the same figures."""
    before = evaluate(bundle_copy, version.table, "test", None)
    expected = read_evaluation(bundle_copy)
    turned = {
        split: replace(rows, labels=[2 - label for label in rows.labels]) for split, rows in CONTENT.splits.items()
    }
    other = write_table(tmp_path / "table", replace(CONTENT, splits=turned, classes=CLASSES[::-1]))
    after = evaluate(bundle_copy, other.table, "test", None)
    found = read_evaluation(bundle_copy)
    assert after["metrics"] == pytest.approx(before["metrics"])
    assert found["classes"] == list(CLASSES[::-1])
    assert found["confusion"] == [row[::-1] for row in expected["confusion"][::-1]]
    for name in CLASSES:
        one, other = (part["per_class"][name] for part in (found, expected))
        assert {key: one[key] for key in ("support", "recall", "f1", "roc_auc")} == pytest.approx(
            {key: other[key] for key in ("support", "recall", "f1", "roc_auc")}
        )
    slices = {one["name"]: one["rows"] for one in found["slices"]["class"]}
    assert slices == {one["name"]: one["rows"] for one in expected["slices"]["class"]}


@pytest.mark.parametrize("classes", [("coat", "boot", "hat"), ("coat", "bag", "boot", "sock")])
def test_evaluate_refuses_table_with_other_classes(
    bundle_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], classes: tuple[str, ...]
) -> None:
    test = CONTENT.splits["test"]
    labels = [len(classes) - 1, *test.labels[1:]]
    content = replace(CONTENT, classes=classes, splits=CONTENT.splits | {"test": replace(test, labels=labels)})
    other = write_table(tmp_path / "table", content)
    sentence = evaluate_and_fail(capsys, str(bundle_copy), "--table", str(other.table))
    assert f"only the table has {classes[-1]}" in sentence


def test_evaluate_advises_the_version_with_the_bundles_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, test = tmp_path / "table", CONTENT.splits["test"]
    bundle = write_bundle(tmp_path / "run/bundle", write_table(table, CONTENT))
    grown = replace(CONTENT, classes=(*CLASSES, "sock"))
    write_table(table, replace(grown, splits=CONTENT.splits | {"test": replace(test, labels=[3, *test.labels[1:]])}))
    sentence = evaluate_and_fail(capsys, str(bundle), "--table", str(table))
    assert sentence.endswith("only the table has sock. Version 0 has the bundle's classes; choose it with --version 0.")
    assert evaluate(bundle, table, "test", 0)["rows"] == 41


def test_evaluate_needs_no_output_for_a_class_of_the_table_without_a_record(bundle_copy: Path, tmp_path: Path) -> None:
    expected = evaluate(bundle_copy, write_table(tmp_path / "known", CONTENT).table, "test", None)
    wider = write_table(tmp_path / "wider", replace(CONTENT, classes=(*CLASSES, "sock")))
    found = evaluate(bundle_copy, wider.table, "test", None)
    assert found["metrics"] == pytest.approx(expected["metrics"])


def test_evaluate_refuses_table_with_another_image_shape(
    bundle_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_table(tmp_path / "table", Content(splits={"test": some_rows(3, shape=(12, 10, 1))}))
    assert "(12, 10, 3)" in (sentence := evaluate_and_fail(capsys, str(bundle_copy), "--table", str(other.table)))
    assert "(12, 10, 1)" in sentence


def test_evaluate_refuses_invalid_bundle_table_and_version(
    version: Version, bundle_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not a bundle" in evaluate_and_fail(capsys, str(tmp_path), "--table", str(version.table))
    assert "is not a prepared table" in evaluate_and_fail(capsys, str(bundle_copy), "--table", str(tmp_path))
    assert "no version 7" in evaluate_and_fail(
        capsys, str(bundle_copy), "--table", str(version.table), "--version", "7"
    )


def test_evaluate_refuses_damaged_shard_and_keeps_previous_evaluation(bundle_copy: Path, tmp_path: Path) -> None:
    damaged = write_table(tmp_path / "table", CONTENT)
    evaluate(bundle_copy, damaged.table, "train", None)
    before = read_evaluation(bundle_copy, "train")
    shard = damaged.table / damaged.split("train")[3].path
    shutil.copyfile(shard, copy := shard.with_name("copy"))
    copy.replace(damaged.table / damaged.split("train")[4].path)
    moved = Path(shutil.copytree(damaged.table, tmp_path / "moved"))
    with pytest.raises(DataError, match="was changed after it was written"):
        evaluate(bundle_copy, moved, "train", None)
    assert read_evaluation(bundle_copy, "train") == before


def test_evaluate_command_prints_metrics_on_last_line(workspace: Path, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", read(workspace / "table"))
    answer = headrace("evaluate", str(bundle), "--table", "table", cwd=workspace)
    assert answer.json["rows"] == 200
    assert 0 <= answer.json["metrics"]["accuracy"] <= 1
    assert Path(answer.json["evaluation"]).is_file()
