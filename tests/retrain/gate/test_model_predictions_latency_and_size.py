"""Models predict the same rows, even if one knows fewer classes, and their latency and size are measured."""

from pathlib import Path

import numpy as np
import pytest

from headrace.compare.comparison_metrics import score
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.errors import DataError
from headrace.evaluate.classifier_scores import SMALLEST_PROBABILITY
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.retrain.gate.model_predictions_latency_and_size import score_models
from headrace.table import Version
from headrace.targets.multi_label.comparison import to_predictions
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow

ROWS = 300


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Write a table with 12 training and 300 test rows."""
    table = tmp_path_factory.mktemp("scored") / "table"
    return write_table(table, Content(splits={"train": some_rows(12), "test": some_rows(ROWS, shards=[100, 150, 50])}))


@pytest.fixture(scope="module")
def bundles(version: Version, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write bundles of two networks with different weights."""
    folder = tmp_path_factory.mktemp("bundles")
    return {name: write_bundle(folder / name, version, small_model(version, seed)) for seed, name in enumerate("ab")}


def test_both_models_predict_every_row_once(version: Version, bundles: dict[str, Path]) -> None:
    models = score_models(bundles, version, "test")
    first, second = models["a"].predictions, models["b"].predictions
    assert first.rows == second.rows == len(set(first.paths.tolist())) == ROWS
    assert first.paths.tolist() == second.paths.tolist()
    assert first.true.tolist() == second.true.tolist()
    assert first.likelihood.tolist() != second.likelihood.tolist()
    for model in models.values():
        assert 0 < model.milliseconds < 2000
        assert model.size_bytes == sum(file.stat().st_size for file in Path(bundles["a"]).iterdir() if file.is_file())


def test_predictions_round_trip_through_file(version: Version, bundles: dict[str, Path], tmp_path: Path) -> None:
    predictions = score_models({"a": bundles["a"]}, version, "test")["a"].predictions
    predictions.save(tmp_path / "a.npz")
    loaded = Predictions.load(tmp_path / "a.npz")
    for name in ("paths", "true", "predicted", "likelihood"):
        assert np.array_equal(getattr(loaded, name), getattr(predictions, name))


def test_model_is_wrong_only_about_unknown_class(version: Version, tmp_path: Path) -> None:
    fewer = write_table(tmp_path / "fewer", Content(splits={"train": some_rows(12)}, classes=CLASSES))
    contract = fewer.contract.model_copy(update={"classes": CLASSES[:2]})
    knows_two = Version(
        table=fewer.table,
        number=0,
        shards=fewer.shards,
        summary=fewer.summary.model_copy(update={"contract": contract}),
    )
    bundle = write_bundle(tmp_path / "two", knows_two)
    predictions = score_models({"two": bundle}, version, "test")["two"].predictions
    third = predictions.select(predictions.true == 2)
    assert third.rows == ROWS // 3
    assert score("classification", "accuracy", third) == 0
    assert third.likelihood.max() == 0


def test_model_with_other_inputs_is_refused(version: Version, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other", Content(splits={"train": some_rows(12, shape=(9, 9, 1))}))
    with pytest.raises(DataError, match="Set retrain.test_version to a version with the same preparation"):
        score_models({"other": write_bundle(tmp_path / "bundle", other)}, version, "test")


def test_classes_are_matched_by_name(version: Version, bundles: dict[str, Path], tmp_path: Path) -> None:
    turned = version.contract.model_copy(update={"classes": CLASSES[::-1]})
    summary = version.summary.model_copy(update={"contract": turned})
    other = Version(table=version.table, number=0, shards=version.shards, summary=summary)
    as_trained, renamed = (score_models({"a": bundles["a"]}, v, "test")["a"].predictions for v in (version, other))
    assert renamed.predicted.tolist() == [2 - number for number in as_trained.predicted.tolist()]
    # Index 0 is another class now, so that the rows of index 0 have the probability of the last output.
    first, last = as_trained.true == 0, as_trained.true == 2
    assert score("classification", "accuracy", renamed.select(first)) == np.mean(as_trained.predicted[first] == 2)
    assert score("classification", "accuracy", renamed.select(last)) == np.mean(as_trained.predicted[last] == 0)


def test_classes_that_each_side_lacks_are_refused_with_their_names(version: Version, tmp_path: Path) -> None:
    contract = version.contract.model_copy(update={"classes": ("coat", "bag", "shoe")})
    summary = version.summary.model_copy(update={"contract": contract})
    other = Version(table=version.table, number=0, shards=version.shards, summary=summary)
    with pytest.raises(DataError, match="3 and 3 classes; only the model has shoe, only the table has boot"):
        score_models({"shoe": write_bundle(tmp_path / "shoe", other)}, version, "test")


def test_unknown_labels_are_not_predicted_and_extra_labels_are_dropped() -> None:
    labels = ("x", "y", "z", "more")
    true, paths = np.array([[1, 0, 1], [0, 0, 0]], np.float32), np.array(["a", "b"])
    knows_two = np.array([[0.9, 0.2], [0.4, 0.6]], np.float32)
    predictions = to_predictions(
        EvaluationBatch(paths, true, np.zeros(2), knows_two), ClassMatch(labels[:2], labels[:3])
    )
    assert predictions.predicted.tolist() == [[True, False, False], [False, True, False]]
    expected = -np.log([[0.9, 0.8, SMALLEST_PROBABILITY], [0.6, 0.4, 1.0]]).mean()
    assert score("multi_label", "loss", predictions) == pytest.approx(expected, rel=1e-6)
    knows_four = np.hstack([knows_two, [[0.7, 0.9], [0.1, 0.9]]]).astype(np.float32)
    assert to_predictions(
        EvaluationBatch(paths, true, np.zeros(2), knows_four), ClassMatch(labels, labels[:3])
    ).predicted.tolist() == [
        [True, False, True],
        [False, True, False],
    ]
