"""A study that is resumed keeps what defines its trials."""

from pathlib import Path
from typing import Any

from headrace.config import Configuration
from headrace.tune.search_space import grid
from headrace.tune.study.create_or_resume import open_or_create
from headrace.tune.study.study_folder import StudyFolder
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import ROOT

WIDTH, RATE = "model.options.width", "train.optimizer.learning_rate"
SPACE: dict[str, Any] = {
    WIDTH: {"kind": "categorical", "choices": [8, 16]},
    RATE: {"kind": "categorical", "choices": [0.1, 0.2, 0.3]},
}


def configuration(folder: Path, *order: str) -> Configuration:
    tree = {
        "data": {"source": {"path": "raw"}, "table": str(folder / "table")},
        "model": {"file": str(ROOT / "models" / "mlp.py")},
        "train": {"run": str(folder / "run")},
        "tune": {
            "study": str(folder / "study"), "space": {key: SPACE[key] for key in order}, "sampler": {"kind": "grid"},
        },
    }  # fmt: skip
    return Configuration.model_validate(tree)


def test_grid_is_the_same_after_its_keys_were_written_in_another_order(tmp_path: Path) -> None:
    """Else the second half of another order would follow the first half, with combinations twice and never."""
    write_table(tmp_path / "table", Content(splits={"train": some_rows(20)}))
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    before, after = (
        list(grid(open_or_create(folder, configuration(tmp_path, *order)).tune.space))
        for order in ((WIDTH, RATE), (RATE, WIDTH))
    )
    assert after == before
