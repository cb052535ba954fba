"""Numbers with their nouns, and lists of names."""

import pytest

from headrace.wording import join_names, quantity, quantity_have, shortest_suffixes


@pytest.mark.parametrize(
    ("amount", "noun", "text"),
    [
        (0, "file", "0 files"),
        (1, "new file", "1 new file"),
        (1200, "class", "1,200 classes"),
        (2, "batch", "2 batches"),
        (2, "epoch", "2 epochs"),
    ],
)
def test_quantity_has_the_form_of_its_number(amount: int, noun: str, text: str) -> None:
    """One thing is singular, any other number of them is plural."""
    assert quantity(amount, noun) == text


@pytest.mark.parametrize(("amount", "text"), [(0, "0 images have"), (1, "1 image has"), (2, "2 images have")])
def test_quantity_have_agrees_with_its_number(amount: int, text: str) -> None:
    assert quantity_have(amount, "image") == text


def test_names_beyond_the_shown_ones_are_counted() -> None:
    assert join_names([]) == ""
    assert join_names(["a", "b"], 2) == "a, b"
    assert join_names(["a", "b", "c", 4], 2) == "a, b and 2 more"


def test_suffixes_are_as_long_as_needed_to_differ() -> None:
    assert shortest_suffixes(["/a/run", "/b/run", "/b/other"], "/") == ["a/run", "b/run", "other"]
    assert shortest_suffixes(["run", "b/run", "b/run"], "/") == ["run", "b/run", "b/run"]
    assert shortest_suffixes(["train.seed"], ".") == ["seed"]
