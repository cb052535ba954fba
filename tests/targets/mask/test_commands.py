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

import headrace
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
    rejects = headrace_within("inspect", "table", "--rejects", cwd=project).json["records"]
    assert {Path(one["path"]).stem: one["detail"] for one in rejects} == {
        "size": "the mask has 32 x 33 pixels, and its image 32 x 32",
        "value": "the mask has 1 value that is no class (7); classes are: 0, 1",
        "colour": "the mask has colours, and data.source.class_names names none, such as {'#ff0000': car}",
        "damaged": "the mask is damaged: the file ends in the chunk IDAT",
        "missing": "there is no mask: no file in masks/ has the name of the image, with any suffix; "
        "data.source.labels may name a CSV file with the columns path and label",
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


def test_validation_of_two_ranks_equals_the_evaluation_of_one_process(project: Path) -> None:
    lines = [json.loads(line) for line in (project / "run/metrics.jsonl").read_text().splitlines()]
    last = [line for line in lines if line["kind"] == "epoch"][-1]
    found = headrace_within("evaluate", "run/bundle", "--table", "table", "--split", "val", cwd=project).json["metrics"]
    for name in ("loss", "mean_iou", "pixel_accuracy"):
        assert last[f"val_{name}"] == pytest.approx(found[name], rel=1e-5)


@pytest.mark.parametrize("kind", ["folder", "labels", "table"])
def test_changed_mask_is_prepared_again(kind: str, tmp_path: Path) -> None:
    """Masks are found by their names, or named by a labels file or a table."""
    write_pictures(tmp_path / "raw/images", tmp_path / "raw/masks", 20)
    rows = [f"images/{number:04d}.png,masks/{number:04d}.png" for number in range(20)]
    (tmp_path / "raw/labels.csv").write_text("\n".join(["path,label", *rows]))
    columns = {"input": "path", "content": "paths", "identity": "path"}
    others = {
        "folder": {},
        "labels": {"labels": "labels.csv"},
        "table": {"kind": "table", "format": "csv", "path": "raw/labels.csv", "columns": columns},
    }
    if kind == "folder":
        (tmp_path / "raw/labels.csv").unlink()
    conf = CONF | {"data": {"source": CONF["data"]["source"] | others[kind], "table": "table"}}
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))

    def prepared() -> tuple[bool, int]:
        result = headrace_within("prepare", "conf.yaml", cwd=tmp_path).json
        assert result["written"] == 20
        counts = read(tmp_path / "table").summary.class_counts.values()
        return result["changed"], sum(by_class.get("digit", 0) for by_class in counts)

    assert prepared() == (True, 20)
    assert prepared() == (False, 20)
    Image.new("L", (SIDE, SIDE)).save(tmp_path / "raw/masks/0003.png")
    assert prepared() == (True, 19)


def test_dataframe_names_masks_and_its_predictions_are_masks(project: Path, spark: Any, tmp_path: Path) -> None:
    rows = [(str(project / f"raw/images/{n:04d}.png"), str(project / f"raw/masks/{n:04d}.png")) for n in range(24)]
    frame = spark.createDataFrame(rows, "photo string, drawn string")
    settings = {"prepare.image.size": [SIDE, SIDE], "prepare.mask.ignore": IGNORED}
    table = headrace.prepare(
        frame, tmp_path / "table", inputs={"photo": "image"}, outputs={"drawn": "mask"}, settings=settings
    )
    assert table.contract.classes == ("0", "1")
    for _, targets in table.batches("train", headrace.BatchOrder(batch_size=8)):
        assert set(np.unique(targets)) == {0, 1, IGNORED}
    photos = spark.createDataFrame([(bytearray(Path(photo).read_bytes()),) for photo, _ in rows[:5]], "photo binary")
    predicted = headrace.load(project / "run/bundle").transform(photos).toPandas()
    assert predicted["rejected"].isna().all()
    assert decoded(pa.chunked_array([predicted["mask"].tolist()])).shape == (5, SIDE, SIDE)


def test_compare_explain_and_export_take_the_bundle(project: Path, tmp_path: Path) -> None:
    short = headrace_within("train", "conf.yaml", f"train.run={tmp_path}/short", "train.epochs=1", cwd=project).json
    words = ("compare", "run/bundle", short["bundle"], "--json", "--table", "table")
    found = headrace_within(*words, "--page", str(tmp_path / "page.html"), cwd=project).json
    (name,) = found["differences"]
    assert found["differences"][name]["mean_iou"]["verdict"] == "worse"
    assert set(found["classes"]) == {"background", "digit"}
    assert "background" in found["disagreements"]["shown"][0]["true"]
    words = ("explain", "run/bundle", "raw/images", str(tmp_path / "why.html"), "--limit", "2", "--class", "digit")
    assert headrace_within(*words, cwd=project).json["explained"] == 2
    words = ("export", "run/bundle", str(tmp_path / "real"), "--to", "saved_model", "--table", "table")
    exported = headrace_within(*words, cwd=project).json
    assert exported["greatest_difference"] < 1e-4
    refused = headrace_within("predict", "run/bundle", "table", "x", "--threshold", "0.3", cwd=project, code=2)
    assert "predicts 2 classes of pixels" in refused.last_error_line
