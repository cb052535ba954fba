"""Values of masks that are probably no classes are named."""

from headrace.prepare.labels.mask_classes import mask_value_warnings


def test_white_beside_other_classes_may_be_ignored() -> None:
    (warning,) = mask_value_warnings(["0", "1", "2", "255"])
    assert warning.startswith("The value 255 is a class like '0', '1', '2'; if it marks pixels that do not count, set")


def test_many_shades_may_be_edges() -> None:
    (warning,) = mask_value_warnings([str(value) for value in range(0, 256, 5)])
    assert warning.startswith("The masks have 52 values, and each is a class; if they are shades at edges")


def test_plain_numbers_and_black_and_white_are_classes() -> None:
    assert mask_value_warnings(["0", "255"]) == mask_value_warnings(["0", "1", "2"]) == []
