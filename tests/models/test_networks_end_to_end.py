"""Each file in models/ works on every kind of table that it accepts.

It is built, trained for two steps on two ranks and saved in a bundle, which predicts raw records and rows of the table.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from headrace import bundle as bundles
from headrace.config.load import with_values
from headrace.networks.network_build_and_checks import build_model
from headrace.predict.job import predict
from headrace.runs.run_folder import RunFolder
from headrace.train import job
from tests.models.tables import KINDS, ROWS, prepare_table
from tests.support.shipped_networks import MASKS, MODELS, RECORDS, ROWS_OF_CELLS, SERIES, SMALL, SOUNDS, TEXT, VECTORS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]

CONTENTS = dict.fromkeys(TEXT, "texts") | dict.fromkeys(SOUNDS, "sounds")
CONTENTS |= dict.fromkeys(ROWS_OF_CELLS, "rows") | dict.fromkeys(RECORDS, "records") | dict.fromkeys(VECTORS, "vectors")
CONTENTS |= dict.fromkeys(MASKS, "masks")
PAIRS = [
    (path, content, task)
    for content, task in KINDS
    for path in MODELS
    if path.stem not in SERIES and CONTENTS.get(path.stem, "images") == content
]


def _is_first(path: Path, content: str, task: str) -> bool:
    """Return whether a case is the only one of its network, or the first of its content and task."""
    first_task = next(one[2] for one in PAIRS if one[:2] == (path, content))
    first_path = next(one[0] for one in PAIRS if one[1:] == (content, task))
    return task == first_task or path == first_path


CASES = [
    pytest.param(*pair, id=f"{pair[0].stem}-{pair[1]}-{pair[2]}", marks=() if _is_first(*pair) else pytest.mark.long)
    for pair in PAIRS
]


def case_name(path: Path, content: str, task: str) -> str:
    """Return the name of a case."""
    return f"{path.stem}-{content}-{task}"


@pytest.fixture(scope="module")
def runs(spark: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, RunFolder]:
    """Train a run for each selected case; the two ranks are launched once for all."""
    from headrace.train.launch.spark_barrier_launcher import RankProgram, launch

    folder = tmp_path_factory.mktemp("models")
    tables = {(content, task): prepare_table(folder / f"{content}-{task}", content, task) for content, task in KINDS}
    found = {}
    selected = {
        item.callspec.id
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == Path(__file__)
    }
    for path, content, task in PAIRS:
        if case_name(path, content, task) not in selected:
            continue
        settings = {"model.file": str(path), "model.options": SMALL[path.stem]}
        run = RunFolder(folder / "runs" / case_name(path, content, task))
        job._start_or_resume(run, with_values(tables[content, task], settings | {"train.run": str(run.path)}, "test"))
        found[case_name(path, content, task)] = run
    program = RankProgram(
        module="tests.models.contract_rank",
        arguments=tuple(str(run.path) for run in found.values()),
        logs=folder / "logs",
    )
    received: list[dict[str, Any]] = []
    launch(spark, 2, program, received.append)
    said = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    assert [message["text"] for message in said if message["kind"] == "error"] == []
    return found


def sorted_predictions(output: Path) -> np.ndarray[Any, Any]:
    """Return the predictions, sorted, because raw records and rows of the table have different paths."""
    rows = pd.read_parquet(output)
    column = next(name for name in ("value", "values", "probabilities", "shares", "scores") if name in rows)
    found = np.array(rows[column].tolist()).reshape(len(rows), -1)
    return found[np.lexsort(found.T)]


@pytest.mark.parametrize(("path", "content", "task"), CASES)
def test_network_trains_on_two_ranks_and_predicts_with_spark(
    path: Path, content: str, task: str, runs: dict[str, RunFolder], tmp_path: Path
) -> None:
    """Its bundle predicts the same for raw records and for rows of the table."""
    run = runs[case_name(path, content, task)]
    record = run.record()
    assert record is not None
    assert (record.ranks, record.total_steps) == (2, 2)
    bundle = bundles.load(record.bundle)
    assert bundle.origin.steps == 2
    noun = "images" if content == "masks" else content
    assert (bundle.contract.task, bundle.contract.feature.noun.split()[0]) == (task, noun)

    keras.utils.set_random_seed(record.configuration.train.seed)
    untrained = build_model(path, bundle.contract, SMALL[path.stem]).trainable_variables
    weights_changed = [
        not np.array_equal(old.numpy(), new.numpy())
        for old, new in zip(untrained, bundle.model().trainable_variables, strict=True)
    ]
    # Attention's key biases have no gradient: they add the same value to every score of a query.
    assert sum(weights_changed) >= 0.8 * len(weights_changed)

    source = Path(record.configuration.data.source.path)
    assert predict(bundle.path, Path(record.table), tmp_path / "rows")["rows"] == ROWS
    _predict_raw(bundle.path, source, tmp_path / "raw")
    found, expected = sorted_predictions(tmp_path / "raw"), sorted_predictions(tmp_path / "rows")
    assert found.shape == (ROWS, 1 if task == "regression" else 3)
    assert found == pytest.approx(expected, abs=1e-5)


def _predict_raw(bundle: Path, source: Path, output: Path) -> None:
    """Predict raw records; the name of a JSON Lines file must end with .jsonl, and paths in it are relative to it."""
    if (source / "masks").is_dir():
        shutil.rmtree(source / "masks")
    if source.is_file():
        lines = source.with_suffix(".jsonl")
        lines.write_bytes(source.read_bytes())
        source = lines
    assert predict(bundle, source, output)["rows"] == ROWS
