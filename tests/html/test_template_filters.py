"""Formatting of numbers, durations and times."""

import pytest

from headrace.html.template_filters import (
    duration,
    metric,
    moment,
    number,
    percent,
    probability,
    quantity,
    sentence,
    words,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (192.4, "3 min 12 s"), (3599.9, "1 h 00 min"),
     (3840, "1 h 04 min"), (400_000, "111 h 06 min")],
)  # fmt: skip
def test_duration_uses_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0731, "0.07310"), (12.3456, "12.35"), (123456.7, "123,457"), (1.5e-7, "1.500e-07"),
     (float("nan"), "nan"), (-2.5, "-2.500")],
)  # fmt: skip
def test_number_has_four_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_percent_has_as_many_decimals_as_rows_support() -> None:
    assert percent(0.98765, 10_000) == "98.77%"
    assert percent(0.98765, 200) == "98.8%"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0%"), (1e-6, "<0.1%"), (0.5, "50.0%"), (0.99999, ">99.9%"), (1.0, "100.0%")]
)
def test_probability_is_never_rounded_to_certainty(value: float, text: str) -> None:
    assert probability(value) == text


def test_metric_format_depends_on_its_name() -> None:
    assert metric(0.98765, "accuracy") == "98.77%"
    assert metric(0.98765, "loss") == "0.9877"
    assert metric(0.00012, "learning_rate") == "0.0001200"


def test_quantity_of_one_is_singular() -> None:
    assert [quantity(1, "rank"), quantity(2, "rank"), quantity(10, "class")] == ["1 rank", "2 ranks", "10 classes"]


def test_moment_is_rounded_to_the_minute() -> None:
    assert moment("2026-03-01T14:05:09+00:00") == "2026-03-01 14:05 UTC"
    assert moment("yesterday") == "yesterday"


def test_words_name_the_validation_split() -> None:
    assert words("val_mean_absolute_error") == "validation mean absolute error"
    assert words("not_an_image") == "not an image"


def test_sentences_spell_abbreviations() -> None:
    assert [sentence(text) for text in ("mean iou", "macro f1", "loss", "validation auc", "top 5 accuracy", "")] == [
        "Mean IoU",
        "Macro F1",
        "Loss",
        "Validation AUC",
        "Top 5 accuracy",
        "",
    ]
