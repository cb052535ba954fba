"""Real pictures with masks go through every command on two ranks."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.workspace import make_once
from tests.targets.mask.composed_digits import IGNORED, SIDE, write_pictures

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

COUNT = 300
CONF: dict[str, Any] = {
    "data": {"source": {"path": "raw", "class_names": {"0": "background", "1": "digit"}}, "table": "table"},
    "prepare": {
        "task": "mask",
        "mask": {"ignore": IGNORED},
        "image": {"size": [SIDE, SIDE], "codec": "raw"},
        "splits": {"train": 0.6, "val": 0.2, "test": 0.2},
    },
    "model": {"file": "unet", "options": {"width": 8, "depth": 2}},
    "stream": {"augment": {"flip": "horizontal"}},
    "train": {"run": "run", "ranks": 2, "epochs": 8, "batch_size": 8, "optimizer": {"learning_rate": 0.01}},
}


def make_project(folder: Path) -> None:
    """Write the pictures and five that are rejected, prepare them, train on two ranks, evaluate and predict."""
    write_pictures(folder / "raw/images", folder / "raw/masks", COUNT)
    for name in ("size", "value", "colour", "damaged", "missing"):
        (folder / f"raw/images/{name}.png").write_bytes((folder / "raw/images/0000.png").read_bytes())
    Image.new("L", (SIDE, SIDE + 1)).save(folder / "raw/masks/size.png")
    Image.new("L", (SIDE, SIDE), 7).save(folder / "raw/masks/value.png")
    Image.new("RGB", (SIDE, SIDE), (255, 0, 0)).save(folder / "raw/masks/colour.png")
    (folder / "raw/masks/damaged.png").write_bytes((folder / "raw/masks/0000.png").read_bytes()[:60])
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONF))
    commands = (
        ("prepare", "conf.yaml"),
        ("train", "conf.yaml"),
        ("evaluate", "run/bundle", "--table", "table"),
        ("predict", "run/bundle", "table", "predicted"),
    )
    for words in commands:
        result = headrace_within(*words, cwd=folder).json
        (folder / f"{words[0]}.json").write_text(json.dumps(result))


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """Return the folder of the project."""
    return make_once(shared / "masks", make_project)


def decoded(column: pa.ChunkedArray) -> np.ndarray:
    """Return masks in PNG files as an array."""
    return np.stack([np.asarray(Image.open(io.BytesIO(one))) for one in column.to_pylist()])


def test_table_has_masks_and_rejects_have_reasons(project: Path) -> None:
    prepared, version = json.loads((project / "prepare.json").read_text()), read(project / "table")
    assert (prepared["rows_in"], prepared["written"], prepared["rejected"]) == (COUNT + 5, COUNT, 5)
    contract = version.contract
    assert contract.classes == ("background", "digit")
    assert contract.named("target")[1].shape == (SIDE, SIDE)
    assert contract.output_shape == (SIDE, SIDE, 2)
    counts = version.summary.class_counts["train"]
    assert counts["background"] == counts["digit"] == sum(shard.rows for shard in version.split("train"))
    rejects = headrace_within("inspect", "table", "--rejects", cwd=project).json["rejects"]
    assert {Path(one["path"]).stem: one["detail"] for one in rejects} == {
        "size": "the mask has 32 x 33 pixels, and its image 32 x 32",
        "value": "the mask has 1 value that is no class (7); classes are: 0, 1",
        "colour": "the mask has colours, and data.source.class_names names none, such as {'#ff0000': car}",
        "damaged": "the mask is damaged: the file ends in the chunk IDAT",
        "missing": "there is no mask: no file in masks/ has the name of the image, with any suffix",
    }


def test_two_ranks_learn_and_metrics_agree_with_the_predictions(project: Path) -> None:
    trained, result = (json.loads((project / f"{name}.json").read_text()) for name in ("train", "evaluate"))
    assert trained["ranks"] == 2
    assert result["metrics"]["mean_iou"] > 0.8
    assert result["metrics"]["mean_iou"] > result["baselines"]["most frequent class"]["mean_iou"] + 0.2
    rows = pq.read_table(project / "predicted")
    assert rows.column_names == ["path", "split", "true_mask", "mask", "shares", "confidence"]
    rows = rows.filter(pa.compute.equal(rows["split"], "test"))
    true, predicted = decoded(rows["true_mask"]), decoded(rows["mask"])
    counted = true != IGNORED
    iou = [
        ((true == index) & (predicted == index) & counted).sum()
        / (((true == index) | (predicted == index)) & counted).sum()
        for index in range(2)
    ]
    assert result["metrics"]["mean_iou"] == pytest.approx(np.mean(iou), rel=1e-9)
    assert result["metrics"]["pixel_accuracy"] == pytest.approx((true == predicted)[counted].mean(), rel=1e-9)
    assert np.allclose(np.stack(rows["shares"].to_pylist())[:, 1], (predicted == 1).mean((1, 2)), atol=1e-6)
    evaluation = json.loads(Path(result["evaluation"]).read_text())
    assert [evaluation["by_class"][name]["iou"] for name in ("background", "digit")] == pytest.approx(iou, rel=1e-9)
    for name, (low, high) in evaluation["intervals"].items():
        assert low < evaluation["metrics"][name] < high


def test_report_shows_worst_masks(project: Path) -> None:
    headrace_within("report", "run", cwd=project)
    page = (project / "run/report.html").read_text("utf-8")
    assert re.search(r"the mean IoU over 2 classes is <strong>0\.[\d]+</strong>", page)
    assert page.count('alt="true mask of') == page.count('alt="predicted mask of') > 0
