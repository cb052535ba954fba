"""Every network for images learns from a real table, is kept in a bundle, and answers from there as it did before."""

from pathlib import Path

import keras
import numpy as np
import pytest

from headrace import bundle
from headrace.config.training import Loss
from headrace.inference import Inference
from headrace.model_source import build_model
from headrace.stream.dataset import Batches
from headrace.stream.open import plan_for, rank_stream, training_columns
from headrace.table import Version
from headrace.train.objective import make_loss, make_metrics
from tests.conftest import headrace
from tests.models.test_networks import MODELS, SERIES, SMALL, TEXT
from tests.small_table import Content, some_rows, write_table

IMAGES = [path for path in MODELS if path.stem not in (*TEXT, *SERIES)]
ROWS = some_rows(24, shape=(16, 12, 3))


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": ROWS}))


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_two_steps_change_its_weights_and_its_bundle_gives_its_answers(
    path: Path, version: Version, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(4)
    model = build_model(path, version.contract, SMALL[path.stem])
    before = [variable.numpy() for variable in model.trainable_variables]
    model.compile(
        "sgd", make_loss(Loss(), version.contract), weighted_metrics=make_metrics(("accuracy",), version.contract)
    )
    plan = plan_for(version, "train", 12, lanes=1, seed=0)
    batches = Batches(rank_stream(version, "train", plan, training_columns(version.contract)), version.contract)
    model.fit(batches.dataset(0, 0, 1), steps_per_epoch=2, verbose=0)
    changed = [not np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_variables, strict=True)]
    # Attention's key biases have no gradient: they add the same to every weight of a query.
    assert sum(changed) >= 0.8 * len(changed)
    origin = bundle.Origin(run="r", table="t", data_version=0, steps=2, weights_sha256="0", settings={})
    written = bundle.write(tmp_path / "bundle", model, path, version.contract, SMALL[path.stem], origin)
    answers = Inference(bundle.load(written)).answers(ROWS.pixels)
    assert answers == pytest.approx(model.predict(ROWS.pixels, verbose=0), abs=1e-5)


@pytest.mark.slow
def test_the_residual_network_trains_on_two_ranks_is_evaluated_and_predicts(own: Path, root: Path) -> None:
    model = (f"model.file={root / 'models' / 'resnet.py'}", "model.options={width: 8, depth: 1, stages: 2}")
    trained = headrace("train", "conf.yaml", *model, cwd=own).json
    assert (trained["ranks"], trained["steps"]) == (2, 10)
    evaluated = headrace("evaluate", trained["bundle"], "--table", "table", "--split", "test", cwd=own).json
    assert evaluated["metrics"]["loss"] > 0
    assert headrace("predict", trained["bundle"], "table", "answers", cwd=own).json["rejected"] == 0
