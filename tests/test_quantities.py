"""Numbers with their nouns."""

import pytest

from headrace.quantities import quantity, quantity_have


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
