"""What the training split gives is warned of where it may be a mistake."""

from collections import Counter
from types import SimpleNamespace
from typing import cast

import pytest

from headrace.config.sections.preparation import Prepare
from headrace.features.contract_spec import Statistics
from headrace.features.tabular import fit_on_training_split as module
from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def test_values_of_a_category_that_people_take_for_one_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    settings = Prepare.model_validate({"input": "tabular", "tabular": {"categories": ["city", "size"]}})
    context = cast(PrepareContext, SimpleNamespace(settings=settings))
    counts = Counter({"Paris": 5, "paris": 4, "01234": 3, "1234": 2, "Rome": 2})
    assert module._known(counts, context, "city") == ["Paris", "paris", "01234", "1234", "Rome"]
    assert "Values of 'city' differ only in case, white space" in caplog.text
    assert "'Paris' and 'paris', '01234' and '1234'. Each is a value of its own" in caplog.text
    caplog.clear()
    module._known(Counter({"Paris": 5, "Rome": 4}), context, "city")
    assert caplog.text == ""


def test_truth_values_of_a_category_in_two_spellings_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """0 and 1 of one file, and False and True of the next, were four values without a word."""
    settings = Prepare.model_validate({"input": "tabular", "tabular": {"categories": ["sold"]}})
    context = cast(PrepareContext, SimpleNamespace(settings=settings))
    module._known(Counter({"0": 5, "1": 4, "false": 3, "true": 2}), context, "sold")
    assert "Values of 'sold' are truth values in several spellings: '0', '1', 'false', 'true'." in caplog.text
    caplog.clear()
    module._known(Counter({"0": 5, "1": 4, "2": 4}), context, "sold")
    assert caplog.text == ""


def test_category_of_rare_values_is_warned_of_by_how_many_are_known(caplog: pytest.LogCaptureFixture) -> None:
    settings = Prepare.model_validate({"input": "tabular", "tabular": {"categories": ["order"]}})
    context = cast(PrepareContext, SimpleNamespace(settings=settings))
    module._known(Counter({str(number): 1 for number in range(9)}), context, "order")
    assert "No value of the category order is known: most values occur fewer than 2 times" in caplog.text
    module._known(Counter({str(number): 1 for number in range(9)} | {"x": 3}), context, "order")
    assert "Only 1 value of the category order is known, which covers 25% of the rows with a value: m" in caplog.text


def test_numbers_that_are_equal_are_said_to_be_so_as_they_are_stored(caplog: pytest.LogCaptureFixture) -> None:
    """Times of 1970 that differ by seconds are one 32-bit number."""
    module._warn_of_numbers(Statistics(mean=(1.7e9,), variance=(0.0,)), ["time"])
    assert "the same value of time when stored as 32-bit numbers, with 7 digits" in caplog.text
