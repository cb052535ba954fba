"""Vectors go through every command: prepared, trained on two ranks, evaluated, predicted and exported."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from headrace.convert.decoded_shard_rows import arrow_rows
from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.workspace import make_once

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

ROWS, SIZE = 400, 5
CONF: dict[str, Any] = {
    "data": {
        "source": {"kind": "table", "format": "parquet", "path": "raw", "columns": {"label": "side"}},
        "table": "table",
    },
    "prepare": {"input": "vector", "vector": {"column": "embedding", "size": SIZE}},
    "model": {"file": "mlp", "options": {"width": 16, "depth": 1, "dropout": 0.0}},
    "train": {"run": "run", "ranks": 2, "epochs": 6, "batch_size": 32, "optimizer": {"learning_rate": 0.02}},
}


def vectors() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return vectors of two sides, with components of other scales."""
    random = np.random.default_rng(0)
    found = random.normal(size=(ROWS, SIZE)) * [1, 10, 100, 1, 1] + [0, 50, -300, 0, 0]
    return found.astype(np.float32)


def make_project(folder: Path) -> None:
    """Write embeddings in Parquet, one of them of another length, prepare them and train on two ranks."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    given = vectors()
    sides = np.where(given[:, 1] > 50, "high", "low").tolist()
    rows = {"embedding": [*given.tolist(), [1.0], None], "side": [*sides, "high", "low"]}
    pq.write_table(
        pa.table(rows, schema=pa.schema({"embedding": pa.list_(pa.float32()), "side": pa.string()})),
        folder / "raw/a.parquet",
    )
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONF))
    for command in ("prepare", "train"):
        result = headrace_within(command, "conf.yaml", cwd=folder).json
        (folder / f"{command}.json").write_text(json.dumps(result))


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """Return the folder of the project."""
    return make_once(shared / "vectors", make_project)


def test_table_has_the_vectors_and_the_statistics_of_their_components(project: Path) -> None:
    prepared, version = json.loads((project / "prepare.json").read_text()), read(project / "table")
    assert (prepared["rows_in"], prepared["written"], prepared["rejected"]) == (ROWS + 2, ROWS, 2)
    by_split = {
        split: np.concatenate(
            [np.stack(arrow_rows(version, one, decode=True)["embedding"].to_pylist()) for one in version.split(split)]
        )
        for split in ("train", "val", "test")
    }
    stored = np.concatenate(list(by_split.values())).astype(np.float32)
    assert np.array_equal(stored[np.lexsort(stored.T)], vectors()[np.lexsort(vectors().T)])
    statistics = version.contract.require("vector").statistics
    assert statistics.mean == pytest.approx(by_split["train"].mean(0), rel=1e-5)
    assert statistics.variance == pytest.approx(by_split["train"].var(0), rel=1e-5)


def test_two_ranks_learn_the_sides(project: Path) -> None:
    trained = json.loads((project / "train.json").read_text())
    assert trained["ranks"] == 2
    assert trained["metrics"]["val_accuracy"] > 0.85


def test_csv_text_and_parquet_lists_are_predicted_alike(project: Path, tmp_path: Path) -> None:
    given = vectors()[:20]
    pq.write_table(pa.table({"embedding": given.tolist()}), tmp_path / "new.parquet")
    texts = [json.dumps(row) for row in given.tolist()] + ["[1, 2]"]
    pd.DataFrame({"embedding": texts}).to_csv(tmp_path / "new.csv", index=False)
    answers = []
    for name, rejected in (("new.parquet", 0), ("new.csv", 1)):
        output = tmp_path / f"out-{rejected}"
        done = headrace_within("predict", "run/bundle", str(tmp_path / name), str(output), cwd=project).json
        assert (done["rows"], done["rejected"]) == (20, rejected)
        answers.append(np.stack(pq.read_table(output)["probabilities"].to_pylist()))
    assert np.array_equal(*answers)


def test_dataframe_is_predicted_as_its_file(project: Path, spark: Any) -> None:
    import headrace

    frame = spark.read.parquet(str(project / "raw"))
    predicted = headrace.load(project / "run/bundle").transform(frame).toPandas()
    assert predicted["rejected"].notna().sum() == 2
    assert "has 1 numbers, and `size` is 5" in " ".join(predicted["rejected"].dropna())
    right = predicted["label"] == predicted["side"]
    assert right[predicted["rejected"].isna()].mean() > 0.85


def test_saved_model_takes_the_vectors(project: Path) -> None:
    exported = headrace_within("export", "run/bundle", "saved", "--to", "saved_model", cwd=project).json
    assert exported["greatest_difference"] <= 1e-4
