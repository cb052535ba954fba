"""Values of a trial lie in the search space and survive the conversion to Optuna's parameters and back."""

from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config import Configuration
from headrace.config.sections.tuning import Parameter
from headrace.errors import ConfigurationError
from headrace.tune.search_space import (
    grid,
    parse_values,
    require_comparable,
    require_no_penalties,
    require_space,
    suggest,
)

SPACE = {
    "train.optimizer.learning_rate": Parameter(kind="float", low=1e-4, high=0.1, log=True),
    "model.options.dropout": Parameter(kind="float", low=0.1, high=0.5, step=0.1),
    "model.options.width": Parameter(kind="int", low=8, high=64, step=8),
    "model.options.sizes": Parameter(kind="categorical", choices=((3, 4, 5), (7,))),
    "train.optimizer.name": Parameter(kind="categorical", choices=("sgd", "adam")),
}


@pytest.fixture
def configuration() -> Configuration:
    """Return a minimal configuration."""
    return Configuration.model_validate(
        {"data": {"source": {"path": "raw"}, "table": "t"}, "model": {"file": "m.py"}, "train": {"run": "run"}}
    )


@settings(deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_suggested_values_lie_in_space_and_round_trip(seed: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trial = study.ask()
    values = suggest(trial, SPACE)
    assert list(values) == list(SPACE)
    assert 1e-4 <= values["train.optimizer.learning_rate"] <= 0.1
    assert values["model.options.width"] in range(8, 65, 8)
    assert values["model.options.sizes"] in ([3, 4, 5], [7])
    assert parse_values(trial.params, SPACE) == values
    # A resumed trial gets the same values.
    assert suggest(optuna.Trial(study, trial._trial_id), SPACE) == values


def test_grid_has_each_combination_once() -> None:
    space = {key: SPACE[key] for key in list(SPACE)[1:]}
    points = list(grid(space))
    assert len(points) == len({tuple(point.values()) for point in points}) == 5 * 8 * 2 * 2
    assert sorted({point["model.options.dropout"] for point in points}) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [parse_values(point, space)["train.optimizer.name"] for point in points[:4]] == ["sgd", "adam"] * 2


@settings(deadline=None, derandomize=True)
@given(low=st.integers(-50, 50), count=st.integers(1, 40), step=st.integers(1, 9))
def test_integer_grid_is_a_range(low: int, count: int, step: int) -> None:
    parameter = Parameter(kind="int", low=low, high=low + count, step=step)
    assert [point["train.x"] for point in grid({"train.x": parameter})] == list(range(low, low + count + 1, step))


def test_valid_space_is_accepted(configuration: Configuration) -> None:
    require_space(configuration, SPACE)


@pytest.mark.parametrize(
    ("key", "parameter", "message"),
    [
        ("train.optimizer.learning_rte", {"kind": "float", "low": 1, "high": 2}, "did you mean"),
        ("train.optimizer.name", {"kind": "categorical", "choices": ["adam", "adamm"]}, "'adamm'"),
        ("train.optimizer.learning_rate", {"kind": "float", "low": 0, "high": 1}, "greater than 0"),
        ("train.epochs.most", {"kind": "int", "low": 1, "high": 2}, "has no keys below it"),
    ],
)
def test_unknown_key_or_invalid_value_is_refused(
    configuration: Configuration, key: str, parameter: dict[str, Any], message: str
) -> None:
    changed = configuration.model_copy(update={"train": configuration.train.model_copy(update={"epochs": 3})})
    with pytest.raises(ConfigurationError) as error:
        require_space(changed, {key: Parameter.model_validate(parameter)})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("metric", "key", "validates"),
    [
        ("val_loss", "train.loss.label_smoothing", True),
        ("loss", "train.loss.class_weights", False),
        ("accuracy", "stream.augment.flip", False),
        ("accuracy", "stream.augment.flip", True),
    ],
)
def test_space_that_changes_the_metric_is_refused(metric: str, key: str, validates: bool) -> None:
    space = {
        key: Parameter(kind="float", low=0, high=0.2),
        "train.optimizer.learning_rate": SPACE["train.optimizer.learning_rate"],
    }
    with pytest.raises(ConfigurationError, match=f"tune.space searches {key}, which changes what {metric} measures"):
        require_comparable(metric, space, validates)
    require_comparable("val_accuracy", space, validates=True)
    require_comparable(metric, {"train.optimizer.learning_rate": SPACE["train.optimizer.learning_rate"]}, validates)


def test_loss_among_the_items_of_batches_of_different_sizes_is_refused() -> None:
    space = {"train.batch_size": Parameter(kind="int", low=8, high=64)}
    with pytest.raises(ConfigurationError, match=r"tune.space searches train\.batch_size, which changes what loss"):
        require_comparable("loss", space, validates=False, in_batch=True)
    require_comparable("loss", space, validates=False)
    require_comparable("val_loss", space, validates=True, in_batch=True)


def test_what_the_loss_of_items_compares_is_searched_by_metrics_of_all_items() -> None:
    space = {"train.loss.negatives": Parameter(kind="categorical", choices=("all", "batch"))}
    with pytest.raises(ConfigurationError, match=r"searches train\.loss\.negatives, which changes what loss"):
        require_comparable("loss", space, validates=False)
    require_comparable("val_loss", space, validates=True)


def test_loss_with_penalties_of_different_networks_is_refused() -> None:
    space = {"model.options.width": Parameter(kind="int", low=1, high=9)}
    with pytest.raises(
        ConfigurationError, match=r"searches model\.options\.width, so that val_loss of two trials cannot"
    ):
        require_no_penalties("val_loss", space)
    require_no_penalties("val_accuracy", space)
    require_no_penalties("val_loss", {"train.optimizer.learning_rate": SPACE["train.optimizer.learning_rate"]})
