"""Training metrics of items equal NumPy's, and states of two ranks add up to those of one."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.config.sections.training import Loss, Train
from headrace.contract import Contract
from headrace.evaluate.item_ranks import item_ranks, rank_values
from headrace.targets.retrieval.kind_traits import TRAITS
from headrace.targets.retrieval.objective import make_loss, make_metric
from headrace.train.model.losses_and_metrics.custom_loss_and_metrics_padding_check import require_padding_invariant
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import load_custom_objective
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum, RowMetric
from tests.support.shipped_networks import MODELS, contract_for

pytestmark = pytest.mark.tensorflow

CONTRACT = Contract(columns={}, classes=tuple(f"m{number}" for number in range(120)), task="retrieval")


def some_rows(rows: int = 90) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return true items and probabilities; some scores are equal, and all of the last row."""
    random = np.random.default_rng(3)
    true = random.integers(0, 120, rows)
    odds = np.exp(np.round(random.normal(size=(rows, 120)), 1) + 2 * (np.arange(120) == true[:, None]))
    odds[-1] = 1
    return true, (odds / odds.sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", TRAITS.training_metrics)
def test_metric_is_that_of_the_evaluation(name: str) -> None:
    true, outputs = some_rows()
    metric = make_metric(name, CONTRACT)
    metric.update_state(true, outputs)
    assert float(metric.result()) == pytest.approx(rank_values(name, item_ranks(outputs, true)).mean(), rel=1e-5)


@pytest.mark.parametrize("name", TRAITS.training_metrics)
def test_states_of_two_ranks_with_padding_add_up(name: str) -> None:
    true, outputs = some_rows()
    whole, ranks = RowMetric(make_metric(name, CONTRACT)), [RowMetric(make_metric(name, CONTRACT)) for _ in range(2)]
    whole.update_state(true, outputs)
    for rank, metric in enumerate(ranks):
        part = slice(0, 50) if rank == 0 else slice(50, 90)
        weights = np.ones(60, "f4")
        weights[len(true[part]) :] = 0
        padded = np.resize(true[part], 60), np.resize(outputs[part], (60, 120))
        metric.update_state(*padded, sample_weight=keras.ops.convert_to_tensor(weights))
    for variable, *parts in zip(whole.variables, *(metric.variables for metric in ranks), strict=True):
        assert np.asarray(variable) == pytest.approx(sum(np.asarray(part) for part in parts), rel=1e-6)


def test_loss_is_the_exact_cross_entropy_over_all_items() -> None:
    true, outputs = some_rows()
    total = RowLossSum(make_loss(Loss(), CONTRACT))
    total.update_state(true, outputs)
    assert float(total.result()) == pytest.approx(-np.log(outputs[np.arange(90), true]).sum(), rel=1e-5)


def test_losses_of_keras_are_exact(tmp_path: object) -> None:
    path = next(path for path in MODELS if path.stem == "two_tower")
    contract = contract_for(path, task="retrieval")
    settings = Train(run="run", loss=Loss(name="CategoricalFocalCrossentropy"))
    require_padding_invariant(load_custom_objective(path, contract, settings), ("recall_at_1",))
