"""Models are asked about the same rows, also when one knows a class more, and their latency and size are measured."""

from pathlib import Path

import numpy as np
import pytest

from headrace.errors import DataError
from headrace.evaluate.batch import EvaluationBatch
from headrace.evaluate.classifier_scores import SMALLEST_PROBABILITY
from headrace.retrain.gate.metrics import score
from headrace.retrain.gate.predictions import Predictions
from headrace.retrain.gate.scoring import _answers, score_models
from headrace.table import Version
from tests.support.small_bundle import small_model, write_bundle
from tests.support.small_table import CLASSES, Content, some_rows, write_table

ROWS = 300


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    table = tmp_path_factory.mktemp("examined") / "table"
    return write_table(table, Content(splits={"train": some_rows(12), "test": some_rows(ROWS, shards=[100, 150, 50])}))


@pytest.fixture(scope="module")
def bundles(version: Version, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return {name: write_bundle(folder / name, version, small_model(version, seed)) for seed, name in enumerate("ab")}


def test_every_row_is_answered_once_and_both_models_see_the_same(version: Version, bundles: dict[str, Path]) -> None:
    found = score_models(bundles, version, "test")
    first, second = found["a"].predictions, found["b"].predictions
    assert first.rows == second.rows == len(set(first.paths.tolist())) == ROWS
    assert first.paths.tolist() == second.paths.tolist()
    assert first.true.tolist() == second.true.tolist()
    assert first.likelihood.tolist() != second.likelihood.tolist()
    for one in found.values():
        assert 0 < one.milliseconds < 2000
        assert one.size_bytes == sum(file.stat().st_size for file in Path(bundles["a"]).iterdir() if file.is_file())


def test_answers_come_back_from_their_file(version: Version, bundles: dict[str, Path], tmp_path: Path) -> None:
    answers = score_models({"a": bundles["a"]}, version, "test")["a"].predictions
    answers.save(tmp_path / "a.npz")
    back = Predictions.load(tmp_path / "a.npz")
    for name in ("paths", "true", "predicted", "likelihood"):
        assert np.array_equal(getattr(back, name), getattr(answers, name))


def test_a_model_that_knows_one_class_less_is_wrong_about_it_and_no_more(version: Version, tmp_path: Path) -> None:
    fewer = write_table(tmp_path / "fewer", Content(splits={"train": some_rows(12)}, classes=CLASSES))
    contract = fewer.contract.model_copy(update={"classes": CLASSES[:2]})
    knows_two = Version(
        table=fewer.table,
        number=0,
        shards=fewer.shards,
        summary=fewer.summary.model_copy(update={"contract": contract}),
    )
    bundle = write_bundle(tmp_path / "two", knows_two)
    answers = score_models({"two": bundle}, version, "test")["two"].predictions
    third = answers.select(answers.true == 2)
    assert third.rows == ROWS // 3
    assert score("accuracy", third) == 0
    assert third.likelihood.max() == 0


def test_a_model_for_other_inputs_is_a_sentence(version: Version, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other", Content(splits={"train": some_rows(12, shape=(9, 9, 1))}))
    with pytest.raises(DataError, match="name a version that is prepared alike as retrain.test_version"):
        score_models({"other": write_bundle(tmp_path / "bundle", other)}, version, "test")


def test_of_many_labels_one_that_the_model_does_not_know_is_not_given_and_one_that_the_split_lacks_is_left_out() -> (
    None
):
    true, paths = np.array([[1, 0, 1], [0, 0, 0]], np.float32), np.array(["a", "b"])
    knows_two = np.array([[0.9, 0.2], [0.4, 0.6]], np.float32)
    answers = _answers(EvaluationBatch(paths, true, np.zeros(2), knows_two), 2)
    assert answers.predicted.tolist() == [[True, False, False], [False, True, False]]
    expected = -np.log([[0.9, 0.8, SMALLEST_PROBABILITY], [0.6, 0.4, 1.0]]).mean()
    assert score("loss", answers) == pytest.approx(expected, rel=1e-6)
    knows_four = np.hstack([knows_two, [[0.7, 0.9], [0.1, 0.9]]]).astype(np.float32)
    assert _answers(EvaluationBatch(paths, true, np.zeros(2), knows_four), 4).predicted.tolist() == [
        [True, False, True],
        [False, True, False],
    ]
