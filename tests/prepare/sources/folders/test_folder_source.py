"""A folder is listed to the last file, whatever the files are called, or refused in one sentence."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.predict.input_files import find_inputs
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.sources import list_source
from headrace.prepare.sources.folders.folder_source import list_folder
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.wording import escape_path
from tests.support.raw_images import write_source


def put(root: Path, *paths: str | bytes) -> Path:
    """A file of three bytes at each path below `root`."""
    for path in paths:
        file = os.path.join(os.fsencode(root), os.fsencode(path))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:  # noqa: PTH123 -- pathlib takes no bytes
            out.write(b"abc")
    return root


def listed(root: Path) -> list[tuple[str, str | None, str | None]]:
    return [(file.path, file.label, file.split) for file in list_folder(str(root)).files]


def refusal(root: Path | str) -> str:
    with pytest.raises(DataError) as refused:
        list_folder(str(root))
    assert refused.value.exit_code == 3
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_class_folders_give_labels_and_no_splits(tmp_path: Path) -> None:
    put(tmp_path, "dog/2.png", "cat/1.png", "dog/1.png")
    assert listed(tmp_path) == [
        ("cat/1.png", "cat", None),
        ("dog/1.png", "dog", None),
        ("dog/2.png", "dog", None),
    ]
    assert list_folder(str(tmp_path)).classes == ("cat", "dog")


def test_splits_in_class_folders_are_splits_or_refused(tmp_path: Path) -> None:
    """Otherwise the user's own test images would be trained on."""
    put(tmp_path, "cat/train/1.png", "cat/Test/2.png", "dog/train/old/3.png")
    assert listed(tmp_path) == [
        ("cat/Test/2.png", "cat", "test"),
        ("cat/train/1.png", "cat", "train"),
        ("dog/train/old/3.png", "dog", "train"),
    ]
    put(tmp_path, "dog/4.png")
    assert "'dog/4.png' is in none" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("paths", "warning"),
    [
        (["Para/1", "Un/1", "cell/Para/1", "cell/Un/1"], "'Para', 'Un' in 'cell' are part of the class 'cell'"),
        (["fold1/cat/1", "fold1/dog/1", "fold2/cat/1", "fold2/dog/1"], "'cat', 'dog' are in every class folder"),
        (["cat/1", "cat (2)/1", "dog/1", "dog - Copy/1"], "'cat (2)', 'dog - Copy' look like copies of others"),
        (["train/a/x/1", "train/a/y/1", "train/b/x/1", "test/b/y/1"], "'x', 'y' are in every class folder"),
        (["seg_train/a/1", "test1/a/1"], "'seg_train', 'test1' look like splits"),
        (["night train/1", "bus/1"], ""),
        (["label=01/1", "label=1/1"], "'label=01', 'label=1' look like partitions of a table, and are classes"),
        (["a=b/1", "c=d/1"], ""),
        (["cat/2021/1", "cat/2", "dog/2021/1", "dog/old/1"], ""),
        (["cat/images/1", "dog/images/1", "cat 2/1"], ""),
        (["cat/2026-11-28/1", "cat/2026-11-29/1", "dog/2026-11-28/1", "dog/2026-11-29/1"], ""),
    ],
)
def test_folders_that_may_mean_other_classes_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, paths: list[str], warning: str
) -> None:
    list_folder(str(put(tmp_path, *paths)))
    assert warning in caplog.text
    assert bool(caplog.text) == bool(warning)


@pytest.mark.parametrize(
    "names",
    [
        ("training_set", "Test Set", "valset"),
        ("train_images", "test-data", "validation images"),
        ("train_dataset", "testdata", "dev_split"),
    ],
)
def test_names_of_splits_may_end_in_what_they_hold(tmp_path: Path, names: tuple[str, str, str]) -> None:
    train, test, val = names
    put(tmp_path, f"{train}/cats/1", f"{train}/dogs/1", f"{test}/cats/1", f"{val}/dogs/1")
    assert {(label, split) for _, label, split in listed(tmp_path)} == {
        ("cats", "train"), ("dogs", "train"), ("cats", "test"), ("dogs", "val")
    }  # fmt: skip


@pytest.mark.parametrize("names", [("Images", "masks"), ("cat", "cat_mask"), ("photos", "masks")])
def test_images_and_masks_as_classes_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: tuple[str, str]
) -> None:
    put(tmp_path, *(f"{name}/1.png" for name in names))
    assert len(listed(tmp_path)) == 2
    assert f"In {tmp_path}, the folders look like images and their masks, and are used as classes: " in caplog.text


def test_masks_beside_images_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The data set BUSI has them in the folders of its classes."""
    names = ("benign (1).png", "benign (1)_mask.png", "benign (1)_mask_1.png", "face mask.png")
    put(tmp_path, *(f"benign/{name}" for name in names), "normal/normal (1).png")
    assert len(list_source(Source(kind="folder", path=str(tmp_path))).files) == 5
    assert "2 files are named like the mask of another file of the same folder, such as" in caplog.text
    assert "2 files are named like the mask" in "".join(preview(str(tmp_path))["warnings"])
    caplog.clear()
    assert len(list_source(Source(kind="folder", path=str(tmp_path), exclude=("*_mask*.png",))).files) == 3
    assert not caplog.text


LITTER = ("notes.txt~", "1.txt.bak", "1.txt.ORIG", "a.swp", "Picasa.ini", "SyncToy_1.dat", "CVS/Entries", "#1.txt#")


def test_litter_in_folders_of_texts_is_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Any file can be a text, so that such files became texts of their folder's class."""
    texts = ("good/1.txt", "good/LICENSE", "good/CVS", "bad/README.md", "bad/orig", "cvs/x.txt")
    texts += tuple(f"bad/{number}.txt" for number in range(20))
    source = Source(kind="folder", path=str(put(tmp_path, *texts, *(f"good/{name}" for name in LITTER[:6]))))
    put(tmp_path, *(f"bad/{name}" for name in LITTER[6:]), "old/1.bak")
    listing = list_source(source, texts=True)
    assert sorted(file.path for file in listing.files) == sorted(texts)
    assert listing.classes == ("bad", "cvs", "good")
    assert "9 files are left out, such as 'bad/#1.txt#', by names that editors" in caplog.text
    assert "2 files have names of notes on the data, such as 'bad/README.md'; each is one text" in caplog.text
    assert len(list_source(source).files) == len(texts) + 9
    assert sorted(file.file for file in find_inputs([tmp_path]).files(texts=True)[0]) == sorted(texts)
    shown = preview(str(tmp_path))
    assert shown["classes"] == {"bad": 22, "good": 3, "cvs": 1}
    assert "9 files are left out, such as" in "".join(shown["warnings"])


def test_tables_in_class_folders_of_texts_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = Source(kind="folder", path=str(put(tmp_path, "good/1.txt", "bad/more.csv", "bad/1.md", "all.csv")))
    list_source(source)
    assert not caplog.text
    list_source(source, texts=True)
    assert "1 file has the name of a table, such as 'bad/more.csv'; each is one text" in caplog.text


@pytest.mark.parametrize(
    ("paths", "hint"),
    [
        (["cat.1.png", "cat.2.png", "dog.1.png"], "as 'cat.1.png' with 'cat': move them into folders"),
        (["train/cat (1).png", "train/cat (2).png", "train/dog (1).png", "test/1.png"], "with 'cat': move them"),
        (["images/1.png", "labels.csv"], "If 'labels.csv' has the labels, set data.source.labels to it"),
        (["photos.tar.gz"], "Archives are read with data.source.kind: archive"),
    ],
)
def test_files_without_class_folders_are_refused_with_a_way(tmp_path: Path, paths: list[str], hint: str) -> None:
    assert hint in refusal(put(tmp_path, *paths))


@pytest.mark.parametrize("paths", [["img_1.png", "img_2.png"], ["1.png", "2.png"], ["a/b_1.png"]])
def test_files_without_a_sign_of_classes_are_refused_without_a_guess(tmp_path: Path, paths: list[str]) -> None:
    assert refusal(put(tmp_path, *paths)).endswith("one folder each.")


def test_class_folder_may_have_the_name_of_a_missing_value(tmp_path: Path) -> None:
    names = ("NA", "NaN", "None", "null")
    put(tmp_path, *(f"{name}/1.png" for name in names))
    assert list_folder(str(tmp_path)).classes == names


def test_file_is_listed_with_its_size_and_time(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png")
    os.utime(tmp_path / "cat/1.png", ns=(0, 1234567890123456789))
    assert list_folder(str(tmp_path)).files[0] == RawFile("cat/1.png", "cat", None, 3, 1234567890123456789)


@pytest.mark.parametrize("splits", [("train",), ("train", "test"), ("train", "val"), ("train", "val", "test")])
def test_folders_named_as_splits_decide_the_splits(tmp_path: Path, splits: tuple[str, ...]) -> None:
    put(tmp_path, *(f"{split}/{label}/1.png" for split in splits for label in ("cat", "dog")))
    assert {(label, split) for _, label, split in listed(tmp_path)} == {
        (label, split) for label in ("cat", "dog") for split in splits
    }


def test_train_among_other_classes_is_a_class(tmp_path: Path) -> None:
    put(tmp_path, "train/1.png", "bus/1.png", "test/1.png")
    assert {(label, split) for _, label, split in listed(tmp_path)} == {("train", None), ("bus", None), ("test", None)}


@pytest.mark.parametrize("others", [("notes",), ("test", "notes"), ("validation", "annotations")])
def test_split_folders_next_to_other_folders_are_refused_as_classes(tmp_path: Path, others: tuple[str, ...]) -> None:
    put(tmp_path, "train/cat/1.png", "train/dog/1.png", *(f"{other}/cat/1.png" for other in others))
    said = refusal(tmp_path)
    assert "and no other folders" in said
    assert f"{min(set(others) - {'test', 'validation'})!r}" in said


def test_splits_without_train_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "val/cat/1.png", "test/cat/1.png")
    assert "expected class folders in train/" in refusal(tmp_path)


def test_class_may_contain_folders(tmp_path: Path) -> None:
    put(tmp_path, "cat/indoors/black/1.png", "cat/2.png", "dog/1.png")
    assert {label for _, label, _ in listed(tmp_path)} == {"cat", "dog"}
    assert listed(tmp_path)[1] == ("cat/indoors/black/1.png", "cat", None)


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    put(tmp_path, "dog/1.png", "cat/1.png")
    here = os.open(tmp_path / "cat", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a", dir_fd=here)
        below = os.open("a", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("2.png", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        assert max(len(path) for path, _, _ in listed(tmp_path)) == len("cat/2.png") + 2 * 1500
    finally:
        subprocess.run(["rm", "-r", tmp_path / "cat"], check=True)  # shutil.rmtree recurses


def test_hidden_files_and_folders_are_ignored(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png", ".git/config", "cat/.DS_Store", "dog/.cache/1.png", ".hidden")
    assert [path for path, _, _ in listed(tmp_path)] == ["cat/1.png", "dog/1.png"]


def test_hidden_folder_next_to_train_does_not_hide_the_splits(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/1.png", "train/dog/1.png", ".cache/1")
    assert {split for _, _, split in listed(tmp_path)} == {"train"}


def test_files_outside_class_folders_are_listed_without_a_label(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/1.png", "train/dog/1.png", "train/readme.txt", "readme.txt")
    assert listed(tmp_path)[0] == ("readme.txt", None, None)
    assert listed(tmp_path)[-1] == ("train/readme.txt", None, "train")


ODD_NAMES = [
    b"\xff\xfe.png",
    b"new\nline.png",
    b"tab\tand\rreturn.png",
    b"'single' \"double\".png",
    b"100%20#1?x=1&y.png",
    b" spaces .png ",
    b"-rf",
    b"\\back\\slash.png",
    b"*[glob]{x}.png",
    b"\xe2\x98\x83.png",
    b"cafe\xcc\x81.png",
    b"a" * 255,
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_file_of_any_name_is_listed(tmp_path: Path, name: bytes) -> None:
    put(tmp_path, b"cat/" + name, b"dog/1.png")
    paths = [path for path, _, _ in listed(tmp_path)]
    assert os.fsencode(paths[0]) == b"cat/" + name
    assert (tmp_path / paths[0]).read_bytes() == b"abc"
    assert escape_path(paths[0]).encode()


@given(
    st.lists(st.lists(st.sampled_from([b"\\", b"x", b"ff", b"5c", b"\xff", b"\\xff", b"a"])), min_size=2, max_size=2)
)
@example([[b"\\xff"], [b"\xff"]])
def test_no_two_names_become_the_same_text(parts: list[list[bytes]]) -> None:
    one, other = (b"".join(name) for name in parts)
    assert (escape_path(os.fsdecode(one)) == escape_path(os.fsdecode(other))) == (one == other)


def test_class_of_any_name_is_storable_text(tmp_path: Path) -> None:
    put(tmp_path, b"\xff/1.png", b"a\nb/1.png", b"100%/1.png")
    assert list_folder(str(tmp_path)).classes == ("100%", "\\xff", "a\nb")
    assert [file.label for file in list_folder(str(tmp_path)).files] == ["100%", "a\nb", "\\xff"]


def test_links_to_files_and_folders_are_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "1.png", "2.png")
    put(tmp_path / "raw", "cat/1.png")
    (tmp_path / "raw" / "dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "raw" / "cat" / "2.png").symlink_to(tmp_path / "elsewhere" / "2.png")
    assert [path for path, _, _ in listed(tmp_path / "raw")] == ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"]


def test_two_links_to_one_folder_are_not_a_loop(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "1.png")
    (tmp_path / "raw").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).symlink_to(tmp_path / "elsewhere")
    assert [path for path, _, _ in listed(tmp_path / "raw")] == ["cat/1.png", "dog/1.png"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("target", [".", "..", "../..", "../dog"])
def test_loops_of_links_are_refused_and_do_not_hang(tmp_path: Path, target: str) -> None:
    put(tmp_path / "raw", "cat/1.png", "dog/1.png")
    for number in range(3):
        (tmp_path / "raw" / "cat" / f"loop{number}").symlink_to(target)
        (tmp_path / "raw" / "dog" / f"loop{number}").symlink_to("../cat")
    said = refusal(tmp_path / "raw")
    assert "links back to a parent folder; remove the link" in said
    assert "/loop" in said


def test_link_to_itself_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png")
    (tmp_path / "cat" / "2.png").symlink_to("2.png")
    assert "Too many levels of symbolic links" in refusal(tmp_path)


def test_dangling_link_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png")
    (tmp_path / "cat" / "2.png").symlink_to("nowhere.png")
    said = refusal(tmp_path)
    assert "cat/2.png' gives the error 'No such file or directory'" in said


@pytest.mark.timeout(20)
def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png")
    os.mkfifo(tmp_path / "cat" / "pipe")
    assert "'cat/pipe' is neither a file nor a folder" in refusal(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_unlistable_folder_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "dog/1.png")
    (tmp_path / "cat").chmod(0)
    try:
        assert "Permission denied" in refusal(tmp_path)
    finally:
        (tmp_path / "cat").chmod(0o755)


@pytest.mark.parametrize("path", ["nowhere", "file", "nul\0byte"])
def test_path_that_is_not_a_folder_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("x")
    assert "is not a folder; expected class folders" in refusal(f"{tmp_path}/{path}")


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no files" in refusal(tmp_path)
    (tmp_path / "cat").mkdir()
    put(tmp_path, ".hidden/1.png")
    assert "holds no files" in refusal(tmp_path)


def test_one_class_alone_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "readme.txt")
    (tmp_path / "dog").mkdir()
    assert "holds one class only, 'cat'; expected two classes or more" in refusal(tmp_path)


def test_folder_around_the_classes_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As an archive in a folder of its name unpacks."""
    put(tmp_path, "photos/photos/cat/1.png", "photos/photos/dog/1.png")
    inner = tmp_path / "photos" / "photos"
    assert f"If the folders 'cat', 'dog' are the classes, set data.source.path to {inner}." in refusal(tmp_path)
    assert caplog.text == ""


def test_folder_around_the_splits_is_named(tmp_path: Path) -> None:
    """The hint called them classes, although they name splits."""
    put(tmp_path, "data/train/cat/1.png", "data/test/cat/1.png")
    assert f"The folders 'test', 'train' name splits: set data.source.path to {tmp_path / 'data'}." in refusal(tmp_path)


def test_files_without_class_folders_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    assert "holds no class folders" in refusal(tmp_path)


def test_files_in_split_folders_without_class_folders_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "train/1.png", "test/2.png")
    assert "holds no class folders" in refusal(tmp_path)


@pytest.mark.parametrize("bin_name", ["#recycle", "#snapshot", "@eaDir", "@Recycle", "lost+found"])
def test_folders_of_network_storage_are_no_classes(tmp_path: Path, bin_name: str) -> None:
    write_source(tmp_path, count=2)
    (tmp_path / "cat").rename(tmp_path / "bird")
    shutil.copytree(tmp_path / "dog", tmp_path / bin_name)
    assert list_folder(str(tmp_path)).classes == ("bird", "dog")


def test_copy_of_a_source_that_keeps_the_times_is_the_same_source(tmp_path: Path) -> None:
    """Inodes and times of their changes differ; a source on a new machine is not prepared again for that."""
    write_source(tmp_path / "raw", count=2)
    shutil.copytree(tmp_path / "raw", tmp_path / "copy")
    assert list_folder(str(tmp_path / "copy")).files == list_folder(str(tmp_path / "raw")).files
