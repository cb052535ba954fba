"""Chosen items go through every command on two ranks, and nothing lists all of them."""

import contextlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
import yaml

import headrace
from headrace import bundle as bundles
from headrace.bundle_inference import Inference
from headrace.export.formats import Name, RunningModel
from headrace.export.onnx_file import OnnxModel
from headrace.export.parity_inputs import table_inputs
from headrace.export.saved_model import SavedModel
from headrace.export.tflite_file import LiteModel
from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.shipped_networks import MODELS
from tests.support.workspace import make_once
from tests.targets.retrieval.choices import ITEMS, write_choices

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

PAGE = Path(__file__).parents[3] / "docs" / "explaining-and-exporting.md"
ROWS = 3000
CONF: dict[str, Any] = {
    "data": {
        "source": {
            "kind": "table",
            "format": "csv",
            "path": "raw",
            "columns": {"label": "item", "split": "split"},
        },
        "table": "table",
    },
    "prepare": {
        "task": "retrieval",
        "inputs": {
            "history": {
                "kind": "text",
                "column": "history",
                "missing": "empty",
                "tokens": {"kind": "word", "min_count": 1, "max_length": 8},
            },
            "person": {"kind": "tabular", "numbers": ["age"], "categories": ["group"], "min_count": 1},
        },
    },
    "model": {"file": "two_tower", "options": {"width": 64, "embedding": 32, "dropout": 0.1}},
    "train": {
        "run": "run",
        "ranks": 2,
        "epochs": 12,
        "batch_size": 32,
        "optimizer": {"learning_rate": 0.01},
        "metrics": ["recall_at_1", "recall_at_10", "recall_at_50", "mean_reciprocal_rank"],
    },
}
COMMANDS = (
    ("prepare", "conf.yaml"),
    ("train", "conf.yaml"),
    ("evaluate", "run/bundle", "--table", "table", "--slice", "group"),
)


def make_project(folder: Path) -> None:
    """Write the choices and one without an item, prepare them, train on two ranks and evaluate."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    write_choices(folder / "raw/a.csv", ROWS)
    with (folder / "raw/a.csv").open("a") as file:
        file.write("i1 i2,30,a,,train\ni3,31,b,only_in_test,test\n")
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONF))
    for words in COMMANDS:
        result = headrace_within(*words, cwd=folder)
        (folder / f"{words[0]}.json").write_text(json.dumps(result.json))
        (folder / f"{words[0]}.txt").write_text(result.stderr)


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """Return the folder of the project."""
    return make_once(shared / "choices", make_project)


def test_preparation_counts_items_and_lists_none(project: Path) -> None:
    prepared, log = json.loads((project / "prepare.json").read_text()), (project / "prepare.txt").read_text()
    assert (prepared["rows_in"], prepared["rejected"]) == (ROWS + 2, 1)
    # Equal inputs and items in two splits: people without a history.
    assert prepared["written"] + prepared["duplicates"] == ROWS + 1
    assert "another label" not in log
    assert prepared["classes"] == {"kept": 0, "added": ITEMS + 1, "removed": 0, "without_records": 0}
    assert "1 of 61 items has no record in the training split, but 1 record in others" in log
    assert "class" not in log.replace("classes again", "")
    assert read(project / "table").contract.outputs == ITEMS + 1
    shown = headrace_within("inspect", "table", cwd=project)
    assert (shown.json["classes"], shown.json["items"]) == ([], ITEMS + 1)
    assert set(shown.json["counts"]["train"]) == {"all"}
    assert "61 items" in shown.stderr
    assert "i59" not in shown.stdout + shown.stderr


def test_model_finds_items_that_popularity_does_not(project: Path) -> None:
    trained, result = (json.loads((project / f"{name}.json").read_text()) for name in ("train", "evaluate"))
    assert trained["ranks"] == 2
    assert set(CONF["train"]["metrics"]) <= set(trained["metrics"])
    popularity = result["baselines"]["popularity"]
    assert result["metrics"]["recall_at_10"] > 0.7 > 0.5 > popularity["recall_at_10"]
    assert result["metrics"]["recall_at_10"] == pytest.approx(
        json.loads((project / "evaluate.json").read_text())["metrics"]["recall_at_10"]
    )
    evaluation = json.loads(Path(result["evaluation"]).read_text())
    assert evaluation["without_training_rows"] == {"rows": 1, "items": 1}
    assert {one["name"] for one in evaluation["slices"]["popularity"]} == {"head", "middle", "tail"}
    assert {one["name"] for one in evaluation["slices"]["group"]} == {"a", "b"}
    assert not {"per_class", "confusion", "classes"} & set(evaluation)
    for name, (low, high) in evaluation["intervals"].items():
        assert low <= evaluation["metrics"][name] <= high


def test_page_shows_recall_and_popularity(project: Path) -> None:
    headrace_within("report", "run", cwd=project)
    page = (project / "run/report.html").read_text("utf-8")
    assert "recommending the ten most popular items of training to all would give" in page
    assert "Recall at 10" in page


def test_predictions_are_the_ten_best_items(project: Path, tmp_path: Path) -> None:
    write_choices(tmp_path / "new.csv", 40, seed=9)
    headrace_within("predict", "run/bundle", str(tmp_path / "new.csv"), str(tmp_path / "out.jsonl"), cwd=project)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(rows) == 40
    for row in rows:
        assert len(row["items"]) == len(set(row["items"])) == len(row["scores"]) == 10
        assert row["scores"] == sorted(row["scores"], reverse=True)
    headrace_within("predict", "run/bundle", "table", str(tmp_path / "rows"), cwd=project)
    found = pq.read_table(tmp_path / "rows").to_pandas()
    assert {"items", "scores", "true_item", "split"} <= set(found.columns)
    test = found[found["split"] == "test"]
    hits = [item in set(best) for item, best in zip(test["true_item"], test["items"], strict=True)]
    result = json.loads((project / "evaluate.json").read_text())
    assert np.mean(hits) == pytest.approx(result["metrics"]["recall_at_10"], abs=0.003)
    assert json.loads((tmp_path / "rows/_summary.json").read_text())["classes"] == []
    refused = headrace_within(
        "predict", "run/bundle", "table", str(tmp_path / "x"), "--threshold", "0.5", cwd=project, code=2
    )
    assert "predicts 61 items" in refused.stderr


def test_dataframe_is_prepared_and_predicted(project: Path, spark: Any, tmp_path: Path) -> None:
    frame = spark.read.csv(str(project / "raw"), header=True).where("item is not null").fillna("", ["history"])
    table = headrace.prepare(
        frame,
        tmp_path / "table",
        inputs={"history": "text", "age": "number"},
        outputs={"item": "item"},
        settings={"prepare.inputs.history.missing": "empty"},
    )
    assert table.contract.task == "retrieval"
    assert "i59" not in table._repr_html_()
    bundle = headrace.load(project / "run/bundle")
    assert "61" in bundle._repr_html_()
    predicted = bundle.transform(frame.limit(5)).toPandas()
    assert [len(items) for items in predicted["items"]] == [10] * 5
    assert predicted["rejected"].isna().all()


def test_compared_models_have_recalls(project: Path, tmp_path: Path) -> None:
    short = headrace_within("train", "conf.yaml", f"train.run={tmp_path}/short", "train.epochs=1", cwd=project).json
    words = ("compare", "run/bundle", short["bundle"], "--table", "table", "--page", str(tmp_path / "page.html"))
    found = headrace_within(*words, "--json", cwd=project).json
    (name,) = found["differences"]
    assert found["differences"][name]["recall_at_10"]["verdict"] == "worse"
    assert "classes" not in found
    shown = headrace_within(*words, cwd=project)
    assert "recall at" in shown.stdout + shown.stderr
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "among this number of best items" in page
    assert "the truth is number" in page


def test_explanation_is_of_the_best_item_or_of_one_by_name(project: Path, tmp_path: Path) -> None:
    write_choices(tmp_path / "new.csv", 3, seed=9)
    words = ("explain", "run/bundle", str(tmp_path / "new.csv"))
    best = headrace_within(*words, str(tmp_path / "a.html"), cwd=project).json
    assert all(one["predicted"] == one["class"] for one in best["inputs"])
    named = headrace_within(*words, str(tmp_path / "b.html"), "--class", "i5", cwd=project).json
    assert {one["class"] for one in named["inputs"]} == {"i5"}
    refused = headrace_within(*words, str(tmp_path / "c.html"), "--class", "i500", cwd=project, code=2)
    assert "has no item 'i500'; it knows 61" in refused.stderr


@pytest.mark.parametrize("form", get_args(Name))
def test_export_has_probabilities_of_all_items(form: str, project: Path, tmp_path: Path) -> None:
    headrace_within("export", "run/bundle", str(tmp_path / "out"), "--to", form, "--table", "table", cwd=project)
    labels = (tmp_path / "out/labels.txt").read_text().splitlines()
    assert len(labels) == 61
    output = json.loads((tmp_path / "out/export.json").read_text())["output"]
    assert output["meaning"] == "(rows, 61): the probability of each item, in the order of labels.txt"


@pytest.mark.parametrize("form", get_args(Name))
def test_products_of_exported_vectors_rank_items_as_predictions_do(form: Name, project: Path, tmp_path: Path) -> None:
    """The ten items with the largest products are those of `predict`, in its order, but for rounding of equal ones."""
    headrace_within("export", "run/bundle", str(tmp_path / "out"), "--to", form, cwd=project)
    headrace_within("predict", "run/bundle", "table", str(tmp_path / "rows"), cwd=project)
    predicted = pq.read_table(tmp_path / "rows", filters=[("split", "=", "test")])
    items = pq.read_table(tmp_path / "out/items.parquet").to_pydict()
    names, vectors = np.array(items["item"]), np.array(items["vector"], np.float32)
    described = json.loads((tmp_path / "out/export.json").read_text())["vectors"]
    assert described["items"] == {"file": "items.parquet", "rows": ITEMS + 1, "columns": ["item", "vector"]}
    where = described["query"]["computed_by"]
    assert where == ("the signature query_vector of saved_model/" if form == "saved_model" else f"query.{form}")
    inference, found = Inference(bundles.load(project / "run/bundle")), Counter[tuple[str, ...]]()
    query = open_query(form, tmp_path / "out")
    for batch in table_inputs(inference, read(project / "table"), "test"):
        best = np.argsort(-(query.predict(batch) @ vectors.T), axis=1, kind="stable")[:, :10]
        found.update(map(tuple, names[best].tolist()))
    rows = Counter(map(tuple, predicted["items"].to_pylist()))
    assert found.total() == rows.total() > 400
    assert (found & rows).total() >= 0.99 * rows.total()


def test_documented_program_ranks_items_as_the_bundle_does(project: Path, tmp_path: Path) -> None:
    headrace_within("export", "run/bundle", str(tmp_path / "exported"), "--to", "saved_model", cwd=project)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (one for one in blocks if "items.parquet" in one)
    inference = Inference(bundles.load(project / "run/bundle"))
    *_, batch = table_inputs(inference, read(project / "table"), "test")
    names: dict[str, Any] = {"inputs": {name: tf.constant(values) for name, values in dict(batch).items()}}
    with contextlib.chdir(tmp_path):
        exec(block, names)
    np.testing.assert_array_equal(names["best"][:, 0], inference.predict(batch).argmax(1))


def open_query(form: Name, folder: Path) -> RunningModel:
    """Return the exported network of a row's vector."""
    if form == "saved_model":
        return SavedModel(folder / form, "query_vector")
    return OnnxModel(folder / "query.onnx") if form == "onnx" else LiteModel(folder / "query.tflite")


def test_export_of_a_network_without_vectors_says_so(project: Path, tmp_path: Path) -> None:
    source = next(path for path in MODELS if path.stem == "two_tower").read_text()
    changed = source.replace("items(query)", 'layers.Activation("linear")(items(query))')
    (tmp_path / "net.py").write_text(changed)
    words = ("train", "conf.yaml", f"train.run={tmp_path}/run", "train.epochs=1", "train.ranks=1")
    headrace_within(*words, f"model.file={tmp_path}/net.py", cwd=project)
    result = headrace_within("export", str(tmp_path / "run/bundle"), str(tmp_path / "out"), "--to", "onnx", cwd=project)
    assert "The export has no vectors of items and queries, as the last layer is Activation" in result.stderr
    assert not (tmp_path / "out/items.parquet").exists()
    refused = headrace_within(
        *words[:2], f"train.run={tmp_path}/other", f"model.file={tmp_path}/net.py", "train.loss.negatives=batch",
        cwd=project, code=2,
    )  # fmt: skip
    assert "compares the vectors of items, and the last layer is Activation in" in refused.stderr
    assert "Starting Spark" not in refused.stderr


def test_negatives_of_the_batch_find_items_that_popularity_does_not(project: Path, tmp_path: Path) -> None:
    """Two ranks train with them; metrics are those of validation, and the bundle ranks all items."""
    words = (f"train.run={tmp_path}/run", "train.loss.negatives=batch", "train.loss.class_weights=balanced")
    trained = headrace_within("train", "conf.yaml", *words, cwd=project).json
    assert {"loss", "val_loss", "val_recall_at_10"} <= set(trained["metrics"])
    assert "recall_at_10" not in trained["metrics"]
    headrace_within("report", str(tmp_path / "run"), cwd=project)
    result = headrace_within("evaluate", trained["bundle"], "--table", "table", cwd=project).json
    assert result["metrics"]["recall_at_10"] > 0.6 > result["baselines"]["popularity"]["recall_at_10"]


def test_run_with_negatives_of_the_batch_resumes(project: Path, tmp_path: Path) -> None:
    """One that is extended ends with the weights of one that is not; the schedule is constant."""
    words = ("train", "conf.yaml", "train.loss.negatives=batch", "train.ranks=1", f"train.run={tmp_path}/a")
    headrace_within(*words, "train.epochs=1", cwd=project)
    extended = headrace_within(*words, "train.epochs=2", cwd=project).json
    whole = headrace_within(*words[:4], f"train.run={tmp_path}/b", "train.epochs=2", cwd=project).json
    assert extended["weights_sha256"] == whole["weights_sha256"]


def test_new_item_of_an_increment_is_added_after_the_others(tmp_path: Path) -> None:
    """As a new class is: its index comes after those of the others, and the old bundle is refused on rows of it."""
    conf = json.loads(json.dumps(CONF))
    (tmp_path / "raw").mkdir()
    write_choices(tmp_path / "raw/a.csv", 300)
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))
    headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    headrace_within("train", "conf.yaml", "train.epochs=1", "train.ranks=1", cwd=tmp_path)
    before = read(tmp_path / "table").contract.classes
    (tmp_path / "raw/b.csv").write_text("history,age,group,item,split\ni1,30,a,fresh,train\ni2,31,b,fresh,test\n")
    result = headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    assert read(tmp_path / "table").contract.classes == (*before, "fresh")
    assert result.json["classes"]["added"] == 1
    assert "Items:" in result.stderr
    refused = headrace_within("evaluate", "run/bundle", "--table", "table", cwd=tmp_path, code=3)
    assert "fresh" in refused.stderr


def test_equal_histories_with_different_items_are_no_copies(tmp_path: Path) -> None:
    """Nothing is dropped, also if the splits have them both, and nobody is told to correct the labels."""
    conf = json.loads(json.dumps(CONF))
    conf["prepare"] = {
        "task": "retrieval",
        "duplicates": "drop",
        "input": "text",
        "text": {"tokens": {"min_count": 1}},
    }
    conf["data"]["source"]["columns"] = {"input": "history", "label": "item", "split": "split"}
    (tmp_path / "raw").mkdir()
    chosen = ["i0", "i1", "i2", "i0", "i1", "i2", "i3", "i4", "i3"]
    lines = [f"i1 i2,{item},{'test' if number > 5 else 'train'}" for number, item in enumerate(chosen)]
    (tmp_path / "raw/a.csv").write_text("\n".join(["history,item,split", *lines]) + "\n")
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))
    result = headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    assert (result.json["written"], result.json["duplicates"]) == (5, 4)
    assert "another label" not in result.stderr


@pytest.mark.long
@pytest.mark.timeout(600)
def test_retraining_promotes_a_model_that_finds_more(tmp_path: Path) -> None:
    """Later rows have a new item; weights of items follow their names, and the gate has slices by popularity."""
    conf = json.loads(json.dumps(CONF))
    conf["data"]["source"]["columns"] = {"label": "item"}
    conf["prepare"]["splits"] = {"train": 0.6, "val": 0.2, "test": 0.2}
    conf["train"] |= {"ranks": 1, "epochs": 4}
    conf["registry"] = {"folder": "registry", "model": "choices"}
    conf["retrain"] = {"folder": "retraining", "test_version": "newest", "gate": {"slices": {"max_drop": 0.5}}}
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(conf))
    (tmp_path / "raw").mkdir()
    write_choices(tmp_path / "raw/a.csv", 400)
    first = headrace_within("retrain", "conf.yaml", cwd=tmp_path).json
    assert first["decision"] == "promoted"
    write_choices(tmp_path / "raw/b.csv", 4000, seed=5, items=ITEMS + 1)
    second = headrace_within("retrain", "conf.yaml", cwd=tmp_path).json
    assert (second["decision"], second["champion"]) == ("promoted", 2)
    test = second["test"]
    assert test["challenger"]["recall_at_10"] > test["champion"]["recall_at_10"]
    gate = json.loads((tmp_path / "retraining/cycles/000002/gate.json").read_text())["output"]["checks"]
    names = {check["name"] for check in gate}
    assert {f"recall at 10 of items of the {part}" for part in ("head", "middle", "tail")} <= names
    page = (tmp_path / "retraining/report.html").read_text("utf-8")
    assert "recall at 10" in page
