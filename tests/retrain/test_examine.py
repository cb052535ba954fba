"""Models are asked about the same rows, also when one knows a class more, and their latency and size are measured."""

from pathlib import Path

import numpy as np
import pytest

from headrace.errors import DataError
from headrace.retrain.answers import Answers
from headrace.retrain.examine import examine
from headrace.retrain.metrics import score
from headrace.table import Version
from tests.small_bundle import small_model, write_bundle
from tests.small_table import CLASSES, Content, some_rows, write_table

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
    found = examine(bundles, version, "test")
    first, second = found["a"].answers, found["b"].answers
    assert first.rows == second.rows == len(set(first.paths.tolist())) == ROWS
    assert first.paths.tolist() == second.paths.tolist()
    assert first.true.tolist() == second.true.tolist()
    assert first.likelihood.tolist() != second.likelihood.tolist()
    for one in found.values():
        assert 0 < one.milliseconds < 2000
        assert one.size_bytes == sum(file.stat().st_size for file in Path(bundles["a"]).iterdir() if file.is_file())


def test_answers_come_back_from_their_file(version: Version, bundles: dict[str, Path], tmp_path: Path) -> None:
    answers = examine({"a": bundles["a"]}, version, "test")["a"].answers
    answers.save(tmp_path / "a.npz")
    back = Answers.load(tmp_path / "a.npz")
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
    answers = examine({"two": bundle}, version, "test")["two"].answers
    third = answers.chosen(answers.true == 2)
    assert third.rows == ROWS // 3
    assert score("accuracy", third) == 0
    assert third.likelihood.max() == 0


def test_a_model_for_other_inputs_is_a_sentence(version: Version, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other", Content(splits={"train": some_rows(12, shape=(9, 9, 1))}))
    with pytest.raises(DataError, match="name a version that is prepared alike as retrain.test_version"):
        examine({"other": write_bundle(tmp_path / "bundle", other)}, version, "test")
