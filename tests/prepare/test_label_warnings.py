"""Labels that look like an accident are said, and labels that are none are not believed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.prepare.encoders.labels import normalize_label
from headrace.prepare.label_warnings import label_warnings, require_repeated, similar_names

SIMILAR = [
    ("Cat", "cat"),
    ("caf\u00e9", "cafe"),
    ("hot dog", "hotdog"),
    ("1", "01"),
    ("1", "1.0"),
    ("stra\u00dfe", "STRASSE"),
]


@pytest.mark.parametrize("names", map(list, SIMILAR))
def test_similar_names_differ_in_case_space_accents_or_zeros(names: list[str]) -> None:
    assert similar_names(names) == [names]
    assert len(label_warnings(dict.fromkeys(names, 50))) == 1


@given(st.lists(st.text(st.sampled_from("abc123 .-"), max_size=6), unique=True))
def test_similar_names_are_groups_of_different_names(names: list[str]) -> None:
    groups = similar_names(names)
    assert all(len(set(group)) == len(group) > 1 for group in groups)
    assert sum(map(len, groups)) <= len(names)


def test_label_warnings_tell_what_looks_like_an_accident() -> None:
    assert label_warnings({"cat": 40, "dog": 60}) == []
    assert "The class 'README' has one record" in label_warnings({"cat": 40, "dog": 60, "README": 1})[0]
    (many,) = label_warnings({**{f"text {number}": 1 for number in range(30)}, "a": 30})
    assert "is data.source.columns.label the column of the labels?" in many
    (largest,) = label_warnings({"cat": 9_999, "dog": 2})
    assert "right in 99.98%" in largest


def test_label_warnings_tell_lists_and_customary_words_for_missing_labels() -> None:
    assert "look like lists or objects" in label_warnings({'["cat"]': 40, "dog": 60})[0]
    assert "'N/A', 'None' is taken for a class" in label_warnings({"N/A": 40, "None": 50, "dog": 60})[0]


def test_label_warnings_of_an_increment_compare_with_known_classes_only() -> None:
    assert label_warnings({"bird": 1}, ["cat", "dog"]) == []
    assert "'cat', 'Cat'" in label_warnings({"Cat": 1}, ["cat", "dog"])[0]


def test_labels_that_are_all_different_are_refused() -> None:
    require_repeated(Counter({str(number): 1 for number in range(19)}), "here")
    with pytest.raises(DataError, match=r"Each of the 20 records of here has a class of its own, such as '0', '1'"):
        require_repeated(Counter({str(number): 1 for number in range(20)}), "here")


NORMAL = [(" cat ", "cat"), ("cafe\u0301", "caf\u00e9"), ("", ""), ("none", "none")]
MISSING = [(label, None) for label in ("NaN", "NULL", "\\N", None)]


@pytest.mark.parametrize(("label", "expected"), NORMAL + MISSING)
def test_normalize_label_strips_and_composes(label: str | None, expected: str | None) -> None:
    assert normalize_label(label) == expected
