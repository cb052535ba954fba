"""What was found in records that were not rejected is counted over all tasks, for one warning each."""

import numpy as np
import pytest

from headrace.prepare.encoders.images.file_damage.ignored_image_content import ImageFinding
from headrace.prepare.encoders.images.image_transcoding import DecodedFile
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import UnreadArchiveError

PIXELS = np.zeros((1, 1, 3), np.uint8)


def member_warnings(*paths: str) -> list[str]:
    """The warnings about members of archives, of which the innermost folder is the class."""
    observations = Observations()
    for path in paths:
        observations.add_member(path, path.split("/")[-2])
    return observations.warnings(None)


def test_folders_in_class_folders_of_archives_are_warned_of() -> None:
    (warning,) = member_warnings("a.tar/photos/cat/1.png", "a.tar/photos/cat/extra/2.png", "b.tar/cat/1.png")
    assert warning.startswith("The folder 'photos/cat/extra' lies in the folder 'photos/cat'")
    assert warning.endswith("So it is in 1 of 2 archives, such as 'a.tar'.")
    (warning,) = member_warnings("a.tar.gz/cat/2021/1.png", "a.tar.gz/dog/2021/1.png")
    assert warning.startswith("The folders 'cat/2021' and 'dog/2021' are one class, '2021'")
    assert "Unicode" not in warning
    sample = Observations()
    for folder in ("caf\u00e9", "cafe\u0301"):
        sample.add_member(f"a.zip/{folder}/1.png", "caf\u00e9")
    (warning,) = sample.warnings(None)
    assert "equal but for the Unicode form of their letters" in warning
    (warning,) = member_warnings("a.zip/train/cat/1.png", "a.zip/test/2.png")
    assert warning.startswith("The records directly in 'test' are of a class of this name")
    assert member_warnings("x/a.zip/train/cat/1.png", "x/a.zip/test/cat/1.png", "b.zip/all/cat/1.png") == []
    assert member_warnings("a.zip/train_images/cat/1.png", "a.zip/test_images/cat/1.png") == []
    (warning,) = member_warnings("a.zip/seg_train/seg_train/cat/1.png", "a.zip/seg_test/seg_test/cat/1.png")
    assert warning.startswith("In the archives, the folders 'seg_train', 'seg_test' look like splits, and prepare.spl")
    sample = Observations()
    sample.add_member("a.tar/000/1.png", "cat")
    sample.add_member("a.tar/000/1/2.png", None)
    assert sample.folders == {}


def test_records_without_a_split_among_others_are_warned_of() -> None:
    total, other = Observations(), Observations()
    for path in ("t.csv/1", "t.csv/2"):
        total.add_split(None, path)
    assert total.warnings(None) == []
    other.add_split("train", "t.csv/3")
    total.update(other)
    (warning,) = total.warnings(None)
    assert warning == ("The source gives no split for 2 records of 3, such as 't.csv/1'; prepare.splits splits them.")


def test_labels_that_overrule_folders_named_after_classes_are_warned_of() -> None:
    total, other = Observations(), Observations()
    total.add_member("a.tar/cat/1.png", "dog")
    total.add_member("a.tar/000/2.png", "dog")
    assert total.warnings(None) == []
    other.add_member("b.tar/000/3.png", "cat")
    total.update(other)
    (warning,) = total.warnings(None)
    assert warning.endswith("named after other classes ('cat'): 'a.tar/cat/1.png' is 'dog' and not 'cat'.")


def test_observations_of_all_tasks_give_one_warning_each() -> None:
    total = Observations()
    assert total.warnings(None) == []
    for paths, sizes in ((["a/1.tif"], [(70, 100)]), (["b/2.gif", "b/3.gif"], [(0, 900)])):
        task = Observations()
        for path in paths:
            task.add_image(DecodedFile(PIXELS, 12, 10, frozenset([ImageFinding.SEVERAL_FRAMES])), path)
        for unread, size in sizes:
            task.add_damaged_archive(UnreadArchiveError("cut", unread, size))
        total.update(task)
    grey, colours, archives, frames = total.warnings(None)
    assert "3 of 3 16-bit colour images have no value above 1023" in colours
    assert "3 of 3 16-bit greyscale images" in grey
    assert frames.startswith("3 images have several pages or frames, of which only the first is used")
    assert frames.endswith("such as 'a/1.tif'.")
    assert archives.startswith("2 archives are damaged or cut off: at least 70 of 1,000 bytes were not read.")
    assert total.warnings(4095) == [colours, archives, frames]


def test_copies_that_are_left_out_are_counted_with_an_example_of_another_label() -> None:
    total, other = Observations(), Observations()
    total.add_left_out(1, 0, ("a/1", "b/1"))
    (warning,) = total.warnings(None)
    assert warning.startswith("1 record is left out, as it equals one in another split, such as 'a/1' and 'b/1'.")
    other.add_left_out(2, 1, ("a/2", "b/2"))
    total.update(other)
    (warning,) = total.warnings(None)
    assert warning.startswith("3 records are left out, as each equals one in another split, such as 'a/2' and 'b/2'; 1")


def test_members_of_archives_that_are_named_like_copies_or_masks_are_counted() -> None:
    total = Observations()
    for names in (
        ["a.zip/cat/1.png", "a.zip/cat/1_thumb.png", "a.zip/cat/thumbs/1.png"],
        ["b.zip/cat/1.png", "b.zip/cat/1_mask.png", "b.zip/cat/2_mask.png"],
    ):
        task = Observations()
        task.add_member_names(names)
        total.update(task)
    copies, masks = total.warnings(None)
    assert copies.startswith(
        "2 members of archives are named like a smaller or changed copy of another, such as 'a.zip"
    )
    assert masks.startswith(
        "1 member of archives is named like the mask of another, such as 'b.zip/cat/1_mask.png'; each"
    )


def test_copies_of_class_folders_in_archives_are_warned_of() -> None:
    (warning,) = member_warnings("a.zip/cat/1.png", "a.zip/cat (1)/1.png")
    assert warning.startswith("In the archives, the folders 'cat (1)' look like copies of others")


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("x/cat/1.png", "cat"),
        (r"x.tar/k\xf6ter/1.png", r"k\xf6ter"),
        (r"x.tar/set\cat/1.png", "cat"),
        (r"x/a\x5cx41/1.png", "x41"),
    ],
)
def test_members_in_the_folder_of_their_class_are_not_overruled(path: str, label: str) -> None:
    """An archive may have any name, and a name that is not UTF-8 has escapes with backslashes."""
    found = Observations()
    found.add_member(path, label)
    assert found.warnings(None) == []
    found.add_member(path, "dog")
    found.add_member("x.tar/dog/2.png", "dog")
    assert any(f"{path!r} is 'dog' and not {label!r}" in line for line in found.warnings(None))
