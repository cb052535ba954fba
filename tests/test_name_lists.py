"""A list of names in a message is short, and states how many it leaves out."""

from headrace.name_lists import join_names, shortest_suffixes


def test_names_beyond_the_shown_ones_are_counted() -> None:
    assert join_names([]) == ""
    assert join_names(["a", "b"], 2) == "a, b"
    assert join_names(["a", "b", "c", 4], 2) == "a, b and 2 more"


def test_suffixes_are_as_long_as_needed_to_differ() -> None:
    assert shortest_suffixes(["/a/run", "/b/run", "/b/other"], "/") == ["a/run", "b/run", "other"]
    assert shortest_suffixes(["run", "b/run", "b/run"], "/") == ["run", "b/run", "b/run"]
    assert shortest_suffixes(["train.seed"], ".") == ["seed"]
