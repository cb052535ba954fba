"""Sample weights are read from the source into the table and affect training only."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from headrace.config import Configuration
from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.prepare.job import prepare
from headrace.prepare.quality.dominant_weight_warning import SampleWeights
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, training_plan
from headrace.stream.tf_data_pipeline import evaluation_batches, training_batches
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import rejects_path
from headrace.table.transaction_log import list_shards
from tests.support.raw_images import SMALL, encode_image, noise_image, read_rows

pytestmark = pytest.mark.tensorflow


def weights_configuration(folder: Path, source: dict[str, Any], **more: Any) -> Configuration:
    tree = {
        "data": {"source": source, "table": str(folder / "table")},
        "prepare": {**SMALL, "weights": True, "max_rejects": 0.9, **more},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    return Configuration.model_validate(tree)


def write_images(folder: Path, weights: list[object]) -> dict[str, Any]:
    """Write a source of one image per weight and return its section."""
    folder.mkdir(exist_ok=True)
    lines = []
    for number, weight in enumerate(weights):
        (folder / f"{number}.png").write_bytes(encode_image(noise_image(8, 8, channels=1, seed=number)))
        split = "test" if number % 4 == 3 else "train"
        lines.append({"path": f"{number}.png", "label": number % 2, "split": split, "weight": weight})
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return {"path": str(folder), "labels": "labels.jsonl"}


def weights_by_path(version: Version) -> dict[str, float]:
    return {row["path"]: row["weight"] for row in read_rows(version)}


@pytest.mark.usefixtures("spark")
def test_labels_file_weights_are_stored_and_invalid_ones_rejected(tmp_path: Path) -> None:
    source = write_images(tmp_path / "raw", [1, 0.25, 3, "2e0", "", 0, -1, "many", "nan", 1e300, "inf", 1e-60])
    prepare(weights_configuration(tmp_path, source))
    version = read(tmp_path / "table")
    assert weights_by_path(version) == {"0.png": 1.0, "1.png": 0.25, "2.png": 3.0, "3.png": 2.0}
    assert version.summary.rejects == {Reason.BAD_WEIGHT: 8}
    assert version.contract.columns["weight"].role == "weight"
    assert sum(shard.rows for shard in list_shards(rejects_path(version.table), version.summary.rejects_version)) == 8


@pytest.mark.usefixtures("spark")
def test_weight_that_outweighs_all_others_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(weights_configuration(tmp_path, write_images(tmp_path / "raw", [1.0] * 20 + [1e30] + [2.0] * 3)))
    said = [one for one in caplog.messages if one.startswith("The weight of ")]
    assert said == [
        "The weight of '20.png', 1e+30, is 100% of the weights of all 24 records, so that training learns little from "
        "the others. Correct it if it is wrong."
    ]


def test_half_of_the_weight_is_warned_of_in_tables_of_many_records() -> None:
    def warn(weights: list[float]) -> str | None:
        total, rest = SampleWeights(), SampleWeights()
        for number, weight in enumerate(weights):
            (total if number % 2 else rest).add(weight, f"{number}.png")
        total.update(rest)
        return total.warning()

    assert warn([1.0] * 30 + [29.0]) is None
    assert "30.png" in (warn([1.0] * 30 + [31.0]) or "")
    assert warn([1.0, 10.0]) is None


@pytest.mark.usefixtures("spark")
def test_column_weight_of_a_labels_file_that_is_not_read_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a table, a column of weights without prepare.weights is refused; in a labels file it may be a mass."""
    prepare(weights_configuration(tmp_path, write_images(tmp_path / "raw", [1, 2, 3, 4]), weights=False))
    assert "The column weight of labels.jsonl is not read, as prepare.weights is false" in caplog.text
    assert "Splits by content hash" not in caplog.text
    caplog.clear()
    prepare(weights_configuration(tmp_path / "none", write_images(tmp_path / "raw", [None] * 4), weights=False))
    assert "prepare.weights" not in caplog.text


@pytest.mark.usefixtures("spark")
def test_changed_weight_commits_a_new_version(tmp_path: Path) -> None:
    prepare(weights_configuration(tmp_path, write_images(tmp_path / "raw", [1, 1, 1, 1])))
    assert prepare(weights_configuration(tmp_path, write_images(tmp_path / "raw", [1, 1, 5, 1])))["changed"]
    assert weights_by_path(read(tmp_path / "table"))["2.png"] == 5.0


@pytest.mark.usefixtures("spark")
def test_text_weights_are_read_from_their_column(tmp_path: Path) -> None:
    rows = [{"text": f"some words number {n}", "label": n / 2, "certainty": n + 0.5, "id": n} for n in range(9)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns = {"input": "text", "identity": "id", "weight": "certainty"}
    source = {"kind": "table", "format": "json", "path": str(tmp_path / "rows.jsonl"), "columns": columns}
    prepare(weights_configuration(tmp_path, source, input="text", task="regression", duplicates="drop"))
    assert weights_by_path(read(tmp_path / "table")) == {f"rows.jsonl/{n}": n + 0.5 for n in range(9)}


@pytest.mark.usefixtures("spark")
def test_weights_apply_in_training_and_not_in_evaluation(tmp_path: Path) -> None:
    weights = [0.5 + number for number in range(24)]
    prepare(weights_configuration(tmp_path, write_images(tmp_path / "raw", list(weights))))
    version = read(tmp_path / "table")
    by_pixels = {row["image"]: row["weight"] for row in read_rows(version)}
    batches = training_batches(
        version, training_plan(version, "train", 8, 8, seed=1), Stream(), class_weights=(1.0, 2.0)
    )
    for images, labels, given in batches.dataset(0, 0, 1).as_numpy_iterator():
        expected = np.array([by_pixels[image.tobytes()] for image in images]) * np.array([1.0, 2.0])[labels]
        assert ((given == expected) | (given == 0)).all()
        assert (given > 0).any()
    evaluation = evaluation_batches(version, "test", evaluation_plan(version, "test", 8), Stream())
    assert {float(one) for _, _, given in evaluation.dataset(0, 0, 1) for one in given.numpy()} <= {0.0, 1.0}


@pytest.mark.parametrize(
    ("source", "weights", "message"),
    [
        ({"path": "raw"}, True, r"`prepare.weights` needs `data.source.columns.weight`, or a labels file"),
        (
            {"kind": "table", "path": "rows", "columns": {"input": "text", "weight": "w"}},
            False,
            r"is read only with `prepare.weights: true`",
        ),
    ],
)
def test_weights_and_their_column_require_each_other(
    tmp_path: Path, source: dict[str, Any], weights: bool, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        weights_configuration(tmp_path, source, weights=weights)
