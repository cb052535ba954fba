"""The learning rate of every step agrees with its formula."""

import math

import pytest
from pydantic import ValidationError

from headrace.config.sections.training import Optimizer, Schedule
from headrace.train.model.learning_rate_schedule import learning_rate

pytestmark = pytest.mark.tensorflow

STEPS_PER_EPOCH, EPOCHS = 10, 5


def step_rates(ranks: int = 1, **schedule: object) -> list[float]:
    """Return the learning rate of every step of 5 epochs of 10 steps, with a base rate of 0.1."""
    settings = Optimizer(learning_rate=0.1, schedule=Schedule.model_validate(schedule))
    rate = learning_rate(settings, ranks, STEPS_PER_EPOCH, STEPS_PER_EPOCH * EPOCHS)
    steps = range(STEPS_PER_EPOCH * EPOCHS)
    return [rate if isinstance(rate, float) else float(rate(step)) for step in steps]


def test_constant_schedule_is_a_number() -> None:
    assert step_rates() == [0.1] * 50


@pytest.mark.parametrize(("scale", "factor"), [("none", 1.0), ("linear", 4.0), ("square_root", 2.0)])
def test_schedule_scales_rate_by_ranks(scale: str, factor: float) -> None:
    assert step_rates(4, scale_by_ranks=scale)[0] == pytest.approx(0.1 * factor)


def test_step_schedule_multiplies_rate_at_given_epochs() -> None:
    found = step_rates(kind="step", at_epochs=[2, 4], factor=0.5)
    assert found == pytest.approx([0.1] * 20 + [0.05] * 20 + [0.025] * 10)


def test_cosine_schedule_falls_from_full_to_final_rate() -> None:
    found = step_rates(kind="cosine", final_fraction=0.1)
    expected = [0.1 * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / 50))) for step in range(50)]
    assert found == pytest.approx(expected, rel=1e-5)
    assert found == sorted(found, reverse=True)


def test_warm_up_rises_to_full_rate_on_its_last_step() -> None:
    found = step_rates(warmup_epochs=1)
    assert found[:10] == pytest.approx([0.01 * (step + 1) for step in range(10)], rel=1e-5)
    assert found[10:] == pytest.approx([0.1] * 40)


def test_warm_up_of_scaled_rate_starts_at_rate_of_one_rank() -> None:
    found = step_rates(8, warmup_epochs=2, scale_by_ranks="linear")
    assert 0.1 < found[0] < 0.14
    assert found[19:] == pytest.approx([0.8] * 31)


def test_cosine_schedule_starts_after_warm_up() -> None:
    found = step_rates(kind="cosine", warmup_epochs=1)
    assert max(found) == found[9] == pytest.approx(0.1)
    assert found[-1] < 0.001


@pytest.mark.parametrize("wrong", [{"kind": "step"}, {"at_epochs": [2]}, {"kind": "step", "at_epochs": [3, 2]}])
def test_schedule_refuses_at_epochs_that_do_not_rise_or_apply(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="at_epochs"):
        Schedule.model_validate(wrong)
