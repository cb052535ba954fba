"""Models are compared on the same rows, as evaluation and a plain loop see them; what has no answer is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.compare.comparison_page import write_page
from headrace.compare.comparison_text import as_text
from headrace.compare.job import compare, curves, epoch_numbers
from headrace.contract import Contract
from headrace.errors import ConfigurationError, DataError
from headrace.evaluate.job import evaluate
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.record_encoder_in_preparation import image_columns
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.runs.metrics_log_reader import MetricsLog
from headrace.table import Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base
from headrace.targets.regression.label_encoder import COLUMN as NUMBER
from tests.compare.conftest import CONTENT, ROWS
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table
from tests.support.table_columns import table_columns
from tests.support.table_versions import summary

pytestmark = pytest.mark.tensorflow


def test_metrics_are_those_of_evaluate(comparison: dict[str, Any], version: Version, bundles: list[Path]) -> None:
    assert (comparison["rows"], comparison["version"], comparison["reference"]) == (ROWS, 0, "plain")
    for bundle, model in zip(bundles, comparison["models"], strict=True):
        evaluated = evaluate(bundle, version.table, "test", None)["metrics"]
        assert model["metrics"] == pytest.approx({name: evaluated[name] for name in model["metrics"]}, abs=1e-6)
    before, after = (model["metrics"]["accuracy"] for model in comparison["models"])
    found = comparison["differences"]["good"]["accuracy"]
    assert found["difference"] == pytest.approx(after - before)
    low, high = found["interval"]
    assert low <= found["difference"] <= high
    assert found["verdict"] == ("better" if low > 0 else "worse" if high < 0 else "undecided")


def test_disagreements_are_those_of_a_plain_loop(comparison: dict[str, Any], models: dict[str, Any]) -> None:
    rows = CONTENT.splits["test"]
    plain, good = (np.asarray(model(rows.pixels)) for model in models.values())
    differ = np.flatnonzero(plain.argmax(1) != good.argmax(1))
    assert comparison["disagreements"]["rows"] == {"good": len(differ)}
    truth = np.array(rows.labels)[differ]
    distances = np.abs(good[differ, truth] - plain[differ, truth])
    worst = differ[distances.argmax()]
    first = comparison["disagreements"]["shown"][0]
    assert first["path"] == f"test/{worst}.png"
    assert first["true"] == CLASSES[rows.labels[worst]]
    assert first["models"]["good"]["predicted"] == CLASSES[int(good[worst].argmax())]
    assert first["png"]


def test_bundles_without_their_runs_are_compared_by_what_they_record(comparison: dict[str, Any]) -> None:
    assert comparison["without_run"] == ["plain", "good"]
    assert comparison["settings"] == {}
    assert "the run of plain, good is gone" in as_text(comparison)


def test_model_that_was_trained_on_test_rows_is_not_ranked(
    bundles: list[Path], models: dict[str, Any], tmp_path: Path
) -> None:
    first = write_table(tmp_path / "table", CONTENT)
    moved = {"train": [f"test/{row}.png" for row in range(30)]}
    second = write_table(tmp_path / "table", Content(splits=CONTENT.splits, paths=moved))
    leaked = write_bundle(tmp_path / "leaked", second, models["good"])
    with pytest.raises(DataError, match=r"trained on different tables \(.*\), .* with --table"):
        compare([bundles[0], leaked])
    found = compare([bundles[0], leaked], first.table, first.number)
    assert found["trained_on"]["leaked"]["rows"] == 30
    assert {one["verdict"] for one in found["differences"]["leaked"].values()} == {"biased"}
    assert "leaked was trained on 30 of these rows, such as test/" in as_text(found)


def test_classes_that_differ_are_refused_with_their_names(bundles: list[Path], tmp_path: Path) -> None:
    content = Content(splits=CONTENT.splits, classes=("coat", "bag", "shoe"))
    other = write_bundle(tmp_path / "shoes", write_table(tmp_path / "table", content))
    with pytest.raises(DataError, match="different classes: only plain has boot, only shoes has shoe"):
        compare([bundles[0], other])


def test_table_that_gained_a_class_is_refused_with_the_version_that_fits(
    models: dict[str, Any], tmp_path: Path
) -> None:
    table = tmp_path / "table"
    first = write_table(table, CONTENT)
    written = [write_bundle(tmp_path / name / "bundle", first, model) for name, model in models.items()]
    write_table(table, replace(CONTENT, classes=(*CLASSES, "sock")))
    with pytest.raises(DataError, match=r"only the table has sock\. Version 0 .* choose it with --version 0\."):
        compare(written, table=table)
    assert compare(written, table=table, number=0)["rows"] == ROWS


def test_one_folder_or_the_same_twice_is_refused(bundles: list[Path]) -> None:
    for paths in (bundles[:1], [bundles[0], bundles[0]]):
        with pytest.raises(ConfigurationError, match="two or more different folders"):
            compare(paths)
    with pytest.raises(DataError, match="is not a bundle"):
        compare([bundles[0], bundles[1].parent])


def write_numbers(table: Path) -> Version:
    """Write a table of images with a number each."""
    rows, columns = some_rows(ROWS), table_columns(image_columns(CONTENT.image)) | {"label": NUMBER}
    schema = arrow_schema(columns)
    shards = []
    for split in ("train", "test"):
        values = {
            "path": [f"{split}/{row}.png" for row in range(ROWS)],
            "label": [row / 10 for row in range(ROWS)],
            "image": [encode(pixels, CONTENT.image) for pixels in rows.pixels],
            "content_hash": [f"{split}-{row}" for row in range(ROWS)],
        }
        shards.append(write_shard(pa.Table.from_pydict(values, schema=schema), table, f"part-{split}", split))
    spec = ImageSpec(statistics=Statistics(mean=(128.0,), variance=(2500.0,)))
    contract = Contract(columns=columns, classes=(), task="regression", input_specs={"image": spec})
    counts = {split: {"all": ROWS} for split in ("train", "test")}
    about = summary(contract=contract, rows_in=2 * ROWS, written=2 * ROWS, counts=counts)
    commit(open_base(table), shards, schema, about.model_dump_json())
    return read(table)


def test_regression_has_quantiles_of_errors_and_other_tasks_are_refused(bundles: list[Path], tmp_path: Path) -> None:
    version = write_numbers(tmp_path / "numbers")
    paths = [write_bundle(tmp_path / name, version, small_model(version, seed)) for seed, name in enumerate("ab")]
    found = compare(paths)
    assert list(found["error_quantiles"]) == ["a", "b"]
    errors = [row["models"]["b"]["error"] for row in found["disagreements"]["shown"]]
    assert max(map(abs, errors)) <= found["error_quantiles"]["b"]["1"] + 1e-6
    assert "absolute error up to" in as_text(found)
    assert "Quantiles of the absolute errors" in write_page(found, tmp_path / "page.html").read_text()
    with pytest.raises(DataError, match="plain was trained for classification and a for regression"):
        compare([bundles[0], paths[0]])


def test_epochs_have_the_numbers_of_the_training() -> None:
    lines = ({"step": 10.0, "epoch": 0.0}, {"step": 20.0, "epoch": 1.0, "loss": 0.5})
    assert epoch_numbers(MetricsLog(epochs=lines)) == [(10.0, 1), (20.0, 2)]


def test_curves_are_by_epoch_and_only_of_runs_that_have_the_metric() -> None:
    line = {"step": 10.0, "epoch": 0.0, "loss": 0.5, "seconds": 1.0}
    histories = {"a": MetricsLog(epochs=(line | {"val_loss": 0.75},)), "b": MetricsLog(epochs=(line,), steps=(line,))}
    assert curves(histories) == {"loss": {"a": [(10.0, 0.5)], "b": [(10.0, 0.5)]}, "val_loss": {"a": [(10.0, 0.75)]}}


def test_page_says_why_a_difference_of_few_rows_is_undecided(comparison: dict[str, Any], tmp_path: Path) -> None:
    few = {"difference": -0.3, "interval": [-0.5, -0.1], "verdict": "undecided", "deciding_rows": 5}
    found = comparison | {"differences": {"good": dict.fromkeys(comparison["differences"]["good"], few)}}
    page = write_page(found, tmp_path / "page.html").read_text("utf-8")
    assert "<small>5 deciding rows, 6 needed</small>" in page
    assert "the interval contains 0, or fewer than 6 rows distinguish the models" in page
