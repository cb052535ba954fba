"""Names of multi_label records that look like several names, parts of lists or names with scores are reported."""

import pytest

from headrace.prepare.labels.suspicious_class_names_and_counts import label_warnings


def test_multi_label_warnings_report_names_joined_by_another_separator() -> None:
    (warning,) = label_warnings({"a;b": 40, "c": 60}, separator=",")
    assert "'a;b' hold ';', and ',' separates the names of a record" in warning
    assert "'a, b' hold ','" in label_warnings({"a, b": 40, "b": 60}, separator=";")[0]
    assert label_warnings({"Smith, Ann": 40, "Lee, Bo": 60}, separator=";") == []
    assert label_warnings({"a;b": 40, "c": 60}, separator=";") == []
    assert label_warnings({"a;b": 40, "c": 60}) == []


@pytest.mark.parametrize("name", ["a b", "a/b", "b & a", "a + b", "b and a"])
def test_multi_label_warnings_report_names_made_of_other_names(name: str) -> None:
    """Each combination was learned as a class of its own."""
    (warning,) = label_warnings({"a": 40, "b": 60, name: 30}, separator=",")
    assert warning.startswith(
        f"The classes {name!r} are made of the names of others; if each is several names, write ',' "
    )
    assert label_warnings({"a": 40, "b": 60, name: 30}) == []
    assert label_warnings({"a": 40, name: 30}, separator=",") == []


SPACED = ["haze primary", "agriculture clear primary water", "clear primary", "clear habitation"]
FEW = ["sport news", "art news", "sport art", "art"]
ORDINARY = [
    ["New York", "New Jersey", "New Mexico"], ["North Dakota", "South Dakota", "West Virginia", "Virginia"],
    ["type 1", "type 2", "type 3"], ["hot dog", "hot rod", "dog food"], ["a", "b", "c", "d", *FEW[:3]],
    ["t-shirt", "x-ray", "e-mail"], ["level:1", "level:2", "level:3"],
]  # fmt: skip


@pytest.mark.parametrize("names", [SPACED, FEW])
@pytest.mark.parametrize("other", [" ", "/", "&", "-", "_", ":", "\n"])
def test_multi_label_warnings_report_combinations_of_parts_that_recur(names: list[str], other: str) -> None:
    """Each combination of `haze primary` and `clear primary` was a class of its own without a word."""
    rows = {name.replace(" ", other): 30 for name in names}
    (warning,) = label_warnings(rows, separator=",")
    assert f"are combinations of parts that recur, between {other!r}, and ',' separates" in warning
    assert warning.endswith(f"set prepare.label_separator to {other!r}.")
    assert label_warnings(rows, separator=other) == label_warnings(rows) == []


@pytest.mark.parametrize("names", ORDINARY)
def test_multi_label_warnings_leave_ordinary_names_alone(names: list[str]) -> None:
    assert label_warnings(dict.fromkeys(names, 30), separator=",") == []


@pytest.mark.parametrize("name", ["a)", "'a", 'a"', "a]", ":)", "a (b"])
def test_multi_label_warnings_report_brackets_and_quotes_without_their_other_halves(name: str) -> None:
    (warning,) = label_warnings({name: 30, "dog": 30}, separator=",")
    assert f"The classes {name!r} have brackets or quotes without their other halves" in warning
    assert label_warnings({name: 30, "dog": 30}) == []


@pytest.mark.parametrize("scored", [["a:0.9", "b:0.1"], ["a=1", "b=0"], ["a: 90%", "b: 5.5%"], ["a (0.9)", "a (.1)"]])
def test_multi_label_warnings_report_names_with_scores(scored: list[str]) -> None:
    (warning,) = label_warnings(dict.fromkeys([*scored, "dog"], 30), separator=",")
    assert "look like names with scores or truth values" in warning
    assert all(repr(name) in warning for name in scored)


@pytest.mark.parametrize("name", ["[nan]", "[1 0 1]", "{news}", "[draft]"])
def test_multi_label_warnings_about_lists_do_not_advise_the_task_that_is_set(name: str) -> None:
    (warning,) = label_warnings({name: 30, "dog": 30}, separator=",")
    assert "look like lists or objects, and each is used as one name" in warning
    assert "prepare.task" not in warning
