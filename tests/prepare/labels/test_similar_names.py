"""Names of classes that people take for one are found, and others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.prepare.labels.similar_names import mixed_names, similar_names

SIMILAR = [
    ("Cat", "cat"),
    ("caf\u00e9", "cafe"),
    ("hot dog", "hotdog"),
    ("1", "01"),
    ("1", "1.0"),
    ("0.50", ".5"),
    ("stra\u00dfe", "STRASSE"),
    ("cat", "c\u0430t"),
    ("cat", "ca\u200dt"),
    ("cat", "ca\x07t"),
    ("R&D", "R&amp;D"),
    ("it's", "it\u2019s"),
    ("18-25", "18\u201325"),
    ("hot_dog", "hot dog", "hot-dog"),
    ("+1", "1", "1.0"),
    ("-0", "0", "0.0", "-0.0"),
    ("-5", "-5.0", "\u22125"),
    ("1e5", "1E5", "100000", "10e4", "1.0E+05"),
    ("1.5e-3", "0.0015", "15e-4"),
    ("\u2764", "\u2764\ufe0f"),
]
ENGLAND, SCOTLAND = (
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(one)) for one in tag) + "\U000e007f" for tag in ("gbeng", "gbsct")
)
DIFFERENT = [
    ("9007199254740993", "9007199254740992"),
    ("10", "1"),
    ("1.05", "1.5"),
    ("-1", "1"),
    ("1e5", "1e6", "-1e5", "1e-5"),
    # Codes in hexadecimal digits.
    ("0e12", "0e34", "0"),
    ("01e5", "100e3"),
    ("1-2", "12"),
    ("1_2", "12"),
    (ENGLAND, SCOTLAND),
]


@pytest.mark.parametrize("names", map(list, SIMILAR))
def test_similar_names_are_those_that_people_take_for_one(names: list[str]) -> None:
    assert similar_names(names) == [names]


@pytest.mark.parametrize("names", map(list, DIFFERENT))
def test_similar_names_tell_other_names_from_each_other(names: list[str]) -> None:
    assert similar_names(names) == []


@given(st.lists(st.text(st.sampled_from("abc123 .-"), max_size=6), unique=True))
def test_similar_names_are_groups_of_different_names(names: list[str]) -> None:
    groups = similar_names(names)
    assert all(len(set(group)) == len(group) > 1 for group in groups)
    assert sum(map(len, groups)) <= len(names)


@given(st.integers(0, 2**80), st.integers(0, 2**80), st.integers(0, 3), st.integers(0, 3))
def test_similar_names_compare_numbers_by_value(left: int, right: int, zeros: int, decimals: int) -> None:
    names = ["0" * zeros + str(left), str(right) + ("." + "0" * decimals if decimals else "")]
    assert (similar_names(names) != []) == (left == right and names[0] != names[1])


def test_mixed_names_have_lookalikes_among_letters_of_another_alphabet() -> None:
    mixed = ["c\u0430t", "\u043ao\u0442", "big d\u043eg"]
    plain = ["cat", "na\u00efve", "\u043a\u043e\u0442", "TNF\u03b1", "A\u03b2", "\u0394t", "\u03bcm", "\u65e5A"]
    assert mixed_names([*mixed, *plain]) == mixed
