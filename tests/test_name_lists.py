"""A list of names in a message is short, and states how many it leaves out."""

from headrace.name_lists import join_names


def test_names_beyond_the_shown_ones_are_counted() -> None:
    assert join_names([]) == ""
    assert join_names(["a", "b"], 2) == "a, b"
    assert join_names(["a", "b", "c", 4], 2) == "a, b and 2 more"
