"""Evaluation gives the figures of a plain loop over the same rows, and refuses what does not fit."""

import base64
import io
import json
import math
import shutil
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
from headrace.report.artifacts import Evaluation
from headrace.table import Version, read
from tests.support.commands import headrace
from tests.support.small_bundle import fitted, small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

CONTENT = Content(
    splits={"train": some_rows(60, shape=(12, 10, 3)), "test": some_rows(41, (7, 1, 33), shape=(12, 10, 3))}
)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", CONTENT)


@pytest.fixture(scope="module")
def bundle(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("trained") / "bundle", version)


@pytest.fixture
def mine(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def kept(mine: Path, split: str = "test") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((mine / "evaluation" / f"{split}.json").read_text())
    return found


@pytest.mark.parametrize("batch", [1, 10, 41, 256])
def test_the_figures_are_those_of_a_plain_loop_with_any_last_batch(
    version: Version, mine: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "BATCH", batch)
    shown = evaluate(mine, version.table, "test", None)
    rows, found = CONTENT.splits["test"], kept(mine)
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


def test_the_worst_mistakes_are_the_most_certain_ones_with_their_own_pictures(version: Version, mine: Path) -> None:
    evaluate(mine, version.table, "test", None)
    rows = CONTENT.splits["test"]
    answers = np.asarray(small_model(version)(rows.pixels))
    wrong = [row for row in range(41) if answers[row].argmax() != rows.labels[row]]
    wrong.sort(key=lambda row: -answers[row].max())
    found = kept(mine)["worst"]
    assert len(found) == min(24, len(wrong))
    for row, shown in zip(wrong, found, strict=False):
        assert shown["probability"] == pytest.approx(answers[row].max(), abs=1e-5)
    for shown in found:
        row = int(Path(shown["path"]).stem)
        assert (shown["label"], shown["predicted"]) == (CLASSES[rows.labels[row]], CLASSES[answers[row].argmax()])
        assert shown["label_probability"] == pytest.approx(answers[row][rows.labels[row]], abs=1e-5)
        picture = PIL.Image.open(io.BytesIO(base64.b64decode(shown["png"])))
        assert np.array_equal(np.asarray(picture), rows.pixels[row])


def test_a_network_that_has_learned_its_images_is_found_to_be_right(version: Version, tmp_path: Path) -> None:
    rows = CONTENT.splits["train"]
    model = fitted(version, rows.pixels, np.array(rows.labels), epochs=150)
    learned = float(np.mean(np.asarray(model(rows.pixels)).argmax(1) == rows.labels))
    path = write_bundle(tmp_path / "bundle", version, model)
    assert evaluate(path, version.table, "train", None)["metrics"]["accuracy"] == pytest.approx(learned)
    assert learned > 0.6


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_the_codec_of_the_table_need_not_be_that_of_the_training(mine: Path, tmp_path: Path, codec: str) -> None:
    stored = write_table(tmp_path / "table", replace(CONTENT, codec=codec))
    assert evaluate(mine, stored.table, "test", None)["rows"] == 41


def test_the_report_can_read_what_is_kept(version: Version, mine: Path) -> None:
    shown = evaluate(mine, version.table, "test", 0)
    file = mine / "evaluation" / "test.json"
    found = Evaluation.model_validate_json(file.read_bytes())
    assert shown["evaluation"] == str(file)
    assert (found.split, found.version, found.table, found.classes) == ("test", 0, str(version.table), CLASSES)
    assert found.command == f"headrace evaluate {mine} --table {version.table} --split test --version 0"
    assert found.seconds > 0


def test_slices_are_those_of_the_same_rows_alone(version: Version, mine: Path) -> None:
    shown = evaluate(mine, version.table, "test", None, ("path", "content_hash"))
    found, rows = kept(mine), CONTENT.splits["test"]
    right = np.asarray(small_model(version)(rows.pixels)).argmax(1) == rows.labels
    for number, part in enumerate(found["slices"]["class"]):
        assert (part["name"], part["rows"]) == (CLASSES[number], list(rows.labels).count(number))
        assert part["metrics"]["accuracy"] == pytest.approx(right[np.array(rows.labels) == number].mean())
    (folder,) = found["slices"]["path"]
    assert (folder["name"], folder["metrics"]["accuracy"]) == ("test", found["metrics"]["accuracy"])
    assert [part["rows"] for part in found["slices"]["content_hash"]] == [1] * 20 + [21]
    assert json.loads(json.dumps(shown["slices"])) == {name: found["slices"][name] for name in ("path", "content_hash")}
    assert found["command"].endswith("--slice path --slice content_hash")


def test_probabilities_are_judged_by_their_calibration_and_their_curves(version: Version, mine: Path) -> None:
    evaluate(mine, version.table, "test", None)
    found, rows = kept(mine), CONTENT.splits["test"]
    answers = np.asarray(small_model(version)(rows.pixels))
    for number, name in enumerate(CLASSES):
        expected = roc_auc_score(np.array(rows.labels) == number, answers[:, number])
        assert found["per_class"][name]["roc_auc"] == pytest.approx(expected, abs=1e-3)
    assert found["metrics"]["brier_score"] == pytest.approx(
        ((answers - np.eye(3)[rows.labels]) ** 2).sum(1).mean(), abs=1e-4
    )
    assert sum(one["rows"] for one in found["calibration"]) == 41
    assert set(found["curves"]) == set(CLASSES)


def test_a_column_that_is_not_there_is_refused_before_any_row_is_read(
    version: Version, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = refused(capsys, str(mine), "--table", str(version.table), "--slice", "shop", code=2)
    assert "--slice names 'shop'" in sentence
    assert "expected one of class, path, label, content_hash" in sentence
    assert not (mine / "evaluation").exists()


def test_the_version_that_is_asked_for_is_evaluated(mine: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    write_table(table, CONTENT)
    write_table(table, replace(CONTENT, splits=CONTENT.splits | {"test": some_rows(5, shape=(12, 10, 3))}))
    assert evaluate(mine, table, "test", 0)["rows"] == 41
    assert evaluate(mine, table, "test", None)["rows"] == 5
    assert kept(mine)["version"] == 1


def test_evaluating_again_replaces_and_other_splits_stay(version: Version, mine: Path) -> None:
    for split in ("test", "train", "test"):
        evaluate(mine, version.table, split, None)
    assert sorted(file.name for file in (mine / "evaluation").iterdir()) == ["test.json", "train.json"]


def refused(capsys: pytest.CaptureFixture[str], *words: str, code: int = 3) -> str:
    """The one sentence in which `headrace evaluate` ends, with its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--quiet", "evaluate", *words])
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (sentence,) = printed.err.strip().splitlines()
    return sentence


def test_a_split_that_is_not_there_is_refused(version: Version, mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("val", "../../x"):
        sentence = refused(capsys, str(mine), "--table", str(version.table), "--split", split)
        assert f"has no split {split!r}; it has: train, test" in sentence
    assert not (mine / "evaluation").exists()


@pytest.mark.parametrize("classes", [("coat", "boot", "bag"), ("coat", "bag", "boot", "sock")])
def test_a_table_with_other_classes_is_refused(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], classes: tuple[str, ...]
) -> None:
    other = write_table(tmp_path / "table", replace(CONTENT, classes=classes))
    sentence = refused(capsys, str(mine), "--table", str(other.table))
    assert f"trained on the classes {CLASSES}" in sentence
    assert str(classes) in sentence


def test_a_table_with_images_of_another_shape_is_refused(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_table(tmp_path / "table", Content(splits={"test": some_rows(3, shape=(12, 10, 1))}))
    assert "(12, 10, 3)" in (sentence := refused(capsys, str(mine), "--table", str(other.table)))
    assert "(12, 10, 1)" in sentence


def test_what_is_no_bundle_or_no_table_is_refused(
    version: Version, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not a bundle" in refused(capsys, str(tmp_path), "--table", str(version.table))
    assert "is not a prepared table" in refused(capsys, str(mine), "--table", str(tmp_path))
    assert "no version 7" in refused(capsys, str(mine), "--table", str(version.table), "--version", "7")


def test_a_damaged_shard_is_refused_and_the_evaluation_before_is_kept(mine: Path, tmp_path: Path) -> None:
    damaged = write_table(tmp_path / "table", CONTENT)
    evaluate(mine, damaged.table, "train", None)
    before = kept(mine, "train")
    shard = damaged.table / damaged.split("train")[3].path
    shutil.copyfile(shard, copy := shard.with_name("copy"))
    copy.replace(damaged.table / damaged.split("train")[4].path)
    moved = Path(shutil.copytree(damaged.table, tmp_path / "moved"))
    with pytest.raises(DataError, match="was changed after it was written"):
        evaluate(mine, moved, "train", None)
    assert kept(mine, "train") == before


def test_the_command_prints_its_figures_on_the_last_line(workspace: Path, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", read(workspace / "table"))
    answer = headrace("evaluate", str(bundle), "--table", "table", cwd=workspace)
    assert answer.json["rows"] == 200
    assert 0 <= answer.json["metrics"]["accuracy"] <= 1
    assert Path(answer.json["evaluation"]).is_file()
