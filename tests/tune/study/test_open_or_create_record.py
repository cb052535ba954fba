"""A study that is resumed keeps what defines its trials."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError, DataError
from headrace.tune.search_space import grid
from headrace.tune.study.open_or_create_record import open_or_create
from headrace.tune.study.study_folder import StudyFolder
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import ROOT

WIDTH, RATE = "model.options.width", "train.optimizer.learning_rate"
SPACE: dict[str, Any] = {
    WIDTH: {"kind": "categorical", "choices": [8, 16]},
    RATE: {"kind": "categorical", "choices": [0.1, 0.2, 0.3]},
}


def configuration(folder: Path, *order: str, **changes: Any) -> Configuration:
    """Return the configuration of a grid over these keys, or over all, with changes in `tune`."""
    tree: dict[str, Any] = {
        "data": {"source": {"path": "raw"}, "table": str(folder / "table")},
        "model": {"file": str(folder / "network.py")},
        "train": {"run": str(folder / "run")},
        "tune": {
            "study": str(folder / "study"),
            "space": {key: SPACE[key] for key in order or SPACE},
            "sampler": {"kind": "grid"},
        }
        | changes,
    }
    return Configuration.model_validate(tree)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Return the folder of a study that was created on version 0 of a table."""
    write_table(tmp_path / "table", Content(splits={"train": some_rows(20)}))
    shutil.copy(ROOT / "models" / "mlp.py", tmp_path / "network.py")
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    open_or_create(folder, configuration(tmp_path))
    return folder


@pytest.mark.parametrize(("key", "value"), [("trials", 7), ("time_limit_seconds", 9), ("parallel", 2), ("keep", "all")])
def test_study_is_resumed_with_another_length_and_parallelism(
    key: str, value: Any, folder: StudyFolder, tmp_path: Path
) -> None:
    assert getattr(open_or_create(folder, configuration(tmp_path, **{key: value})).tune, key) == value


@pytest.mark.parametrize(("key", "before"), [("seed", 0), ("ranks", 1)])
def test_study_is_not_resumed_with_other_trials(key: str, before: int, folder: StudyFolder, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"other settings: tune\.{key} was {before} and is 2"):
        open_or_create(folder, configuration(tmp_path, **{key: 2}))


def test_study_is_not_resumed_with_another_network(folder: StudyFolder, tmp_path: Path) -> None:
    with (tmp_path / "network.py").open("a") as file:
        file.write("# changed\n")
    with pytest.raises(ConfigurationError, match="network"):
        open_or_create(folder, configuration(tmp_path))


def test_study_keeps_its_version_of_the_table_and_names_a_newer_one(
    folder: StudyFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_table(tmp_path / "table", Content(splits={"train": some_rows(30)}))
    assert open_or_create(folder, configuration(tmp_path)).data_version == 0
    assert "reads version 0 of" in caplog.text
    assert "whose newest is version 1; to train on that, set tune.study to another directory" in caplog.text


def test_study_is_not_resumed_with_another_or_a_missing_table(folder: StudyFolder, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "table")
    with pytest.raises(DataError, match="is not a prepared table"):
        open_or_create(folder, configuration(tmp_path))
    write_table(tmp_path / "table", Content(splits={"train": some_rows(20)}))
    with pytest.raises(ConfigurationError, match="was started with another table than"):
        open_or_create(folder, configuration(tmp_path))


def test_grid_is_the_same_after_its_keys_were_written_in_another_order(folder: StudyFolder, tmp_path: Path) -> None:
    """Else the second half of another order would follow the first half, with combinations twice and never."""
    before, after = (
        list(grid(open_or_create(folder, configuration(tmp_path, *order)).tune.space))
        for order in ((WIDTH, RATE), (RATE, WIDTH))
    )
    assert after == before
