"""Numbers with their nouns, and lists of names."""

import pytest

from headrace.wording import (
    close_name_question,
    data_size,
    figure_unlike,
    file_start,
    join_names,
    plural,
    quantity,
    quantity_has,
    shortest_suffixes,
    signed_figure,
)


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


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"todo: more circles", "'todo: more circl'"),
        (b"a,b\r\n1,2\r\n", "'a,b 1,2'"),
        # The first byte of the last letter is the 16th.
        ("Straßenkarten, ö".encode(), "'Straßenkarten,'"),
        (b"BM\0\xff", "the bytes 42 4d 00 ff"),
        (b"caf\xe9 au lait", "the bytes 63 61 66 e9 20 61 75 20 6c 61 69 74"),
        (b"\n\n", "the bytes 0a 0a"),
    ],
)
def test_start_of_a_file_is_text_where_it_can_be_printed(data: bytes, text: str) -> None:
    assert file_start(data) == text


@pytest.mark.parametrize(("amount", "text"), [(0, "0 images have"), (1, "1 image has"), (2, "2 images have")])
def test_quantity_has_agrees_with_its_number(amount: int, text: str) -> None:
    assert quantity_has(amount, "image") == text


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (0.9, 0.9, "0.9000"),
        (0.89997, 0.9, "0.89997"),
        (0.5, 0.9, "0.5000"),
        (1e-6, 1e-5, "1.000e-06"),
        (0.1, None, "0.1000"),
    ],
)
def test_figure_never_looks_like_a_limit_that_it_misses(value: float, limit: float | None, text: str) -> None:
    assert figure_unlike(value, limit) == text


@pytest.mark.parametrize(("value", "text"), [(0.25, "+0.2500"), (-0.25, "-0.2500"), (-3e-8, "-3.000e-08")])
def test_signed_figure_has_digits_in_any_unit(value: float, text: str) -> None:
    assert signed_figure(value) == text


def test_names_beyond_the_shown_ones_are_counted() -> None:
    assert join_names([]) == ""
    assert join_names(["a", "b"], 2) == "a, b"
    assert join_names(["a", "b", "c", 4], 2) == "a, b and 2 more"


@pytest.mark.parametrize(
    ("name", "question"), [("text", " Is 'Text' meant?"), ("lable", " Is 'label' meant?"), ("x", "")]
)
def test_close_name_is_asked_for_in_any_case(name: str, question: str) -> None:
    assert close_name_question(name, ["Text", "label"]) == question


def test_suffixes_are_as_long_as_needed_to_differ() -> None:
    assert shortest_suffixes(["/a/run", "/b/run", "/b/other"], "/") == ["a/run", "b/run", "other"]
    assert shortest_suffixes(["run", "b/run", "b/run"], "/") == ["run", "b/run", "b/run"]
    assert shortest_suffixes(["train.seed"], ".") == ["seed"]
    assert shortest_suffixes(["train.optimizer.name", "name"], ".", {"name"}) == ["optimizer.name", "name"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (31_781, "31.8 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (5_000_000_000_000_000, "5,000.0 TB"),
    ],
)
def test_size_of_data_has_the_unit_that_fits(size: int, text: str) -> None:
    assert data_size(size) == text


@pytest.mark.parametrize(("noun", "text"), [("class", "classes"), ("item", "items"), ("epoch", "epochs")])
def test_plural_ends_as_that_of_a_quantity(noun: str, text: str) -> None:
    assert plural(noun) == text
    assert quantity(3, noun) == f"3 {text}"
