"""Archives are read as they are, record by record; nothing in one can reach outside it or stop the others."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.prepare.rejects.reasons_and_exceptions import Reason, UnreadArchiveError
from headrace.prepare.sources.archives.archive_source import list_archives, read_archive
from headrace.prepare.sources.raw_file_and_record import RawRecord
from tests.support.raw_images import encode_image, noise_image

KINDS = ["a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.zip"]
PNG = encode_image(noise_image(8, 8))


def pack(path: Path, members: dict[str, bytes]) -> Path:
    """An archive of `members`, in their order; the kind is that of the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path
    kind = path.suffix.removeprefix(".").replace("tgz", "gz").replace("tar", "")
    with tarfile.open(path, f"w:{kind}") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def records(path: Path, max_bytes: int = 10**6) -> list[RawRecord]:
    listing = list_archives(str(path))
    return [record for file in listing.files for record in read_archive(listing.root, file, max_bytes)]


def reasons(path: Path, max_bytes: int = 10**6) -> dict[str, Reason | None]:
    return {one.path: one.rejection.reason if one.rejection else None for one in records(path, max_bytes)}


@pytest.mark.parametrize("name", KINDS)
def test_folder_of_a_member_is_its_class(tmp_path: Path, name: str) -> None:
    pack(tmp_path / name, {"set/train/cat/1.png": PNG, "set/test/dog/2.png": b"two", ".DS_Store": b"x"})
    assert [record[:4] for record in records(tmp_path)] == [
        (f"{name}/set/train/cat/1.png", "cat", "train", PNG),
        (f"{name}/set/test/dog/2.png", "dog", "test", b"two"),
    ]


@pytest.mark.parametrize("name", KINDS)
def test_members_of_one_name_with_a_label_are_one_webdataset_sample(tmp_path: Path, name: str) -> None:
    pack(
        tmp_path / name,
        {
            "sub/001.cls": b"3\n",
            "sub/001.jpg": PNG,
            "sub/001.txt": b"a caption",
            "sub/002.jpg": b"two",
            "sub/002.json": b'{"label": "cat"}',
            "003.txt": b"a text",
            "003.cls": b"7",
            "004.wav": b"four",
            "004.txt": b"what is said",
            "004.cls": b"9",
        },
    )
    assert [(one.path, one.label, one.data) for one in records(tmp_path)] == [
        (f"{name}/sub/001.jpg", "3", PNG),
        (f"{name}/sub/002.jpg", "cat", b"two"),
        (f"{name}/003.txt", "7", b"a text"),
        (f"{name}/004.wav", "9", b"four"),
    ]


def test_split_of_an_archive_is_in_its_name_or_folder(tmp_path: Path) -> None:
    for name in ("train-0000.tar", "val_1.tar", "test/0000.tar", "other.tar"):
        pack(tmp_path / name, {"cat/1.png": PNG})
    assert {file.path: file.split for file in list_archives(str(tmp_path)).files} == {
        "train-0000.tar": "train",
        "val_1.tar": "val",
        "test/0000.tar": "test",
        "other.tar": None,
    }


@pytest.mark.parametrize("kind", ["a.tar", "a.zip"])
@pytest.mark.parametrize(
    "name", ["../cat/1.png", "cat/../../1.png", "/etc/cat/1.png", "C:/cat/1.png", "..\\cat\\1.png"]
)
def test_names_that_lead_out_of_the_archive_are_refused(tmp_path: Path, kind: str, name: str) -> None:
    pack(tmp_path / kind, {name: PNG, "cat/2.png": PNG})
    assert list(reasons(tmp_path).values()) == [Reason.UNSAFE_NAME, None]
    # What lies outside is no class either, of which `prepare` would warn.
    assert [record.label for record in records(tmp_path)] == [None, "cat"]


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(f"cat/{number}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert set(reasons(tmp_path).values()) == {Reason.UNSAFE_NAME}


def test_archives_in_archives_and_large_members_are_rejected_unread(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.tar", {"cat/1.png": PNG}).read_bytes()
    (tmp_path / "inner.tar").unlink()
    pack(tmp_path / "a.tar", {"cat/inner.tar": inner, "cat/large.png": bytes(5000), "cat/1.png": PNG})
    assert reasons(tmp_path, max_bytes=4000) == {
        "a.tar/cat/inner.tar": Reason.NESTED_ARCHIVE,
        "a.tar/cat/large.png": Reason.TOO_MANY_BYTES,
        "a.tar/cat/1.png": None,
    }


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("tenths", range(10))
def test_cut_archive_gives_intact_members_and_one_reject(tmp_path: Path, name: str, tenths: int) -> None:
    members = {f"cat/{number}.png": encode_image(noise_image(16, 16, seed=number)) for number in range(20)}
    path = pack(tmp_path / name, members)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * tenths // 10])
    found = records(tmp_path)
    if found[-1].rejection is not None:
        reject = found.pop().rejection
        assert reject is not None
        assert reject.reason == Reason.DAMAGED_ARCHIVE
        assert "nothing can be read after" in reject.detail
    else:
        assert len(found) == 20  # only the padding behind the end mark of a tar file was cut
        assert (name, tenths) in (("a.tar", 8), ("a.tar", 9))
    for record in found:
        assert record.data == members[record.path.removeprefix(f"{name}/")]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, pa.Codec("zstd").compress])
def test_an_archive_of_several_compressed_members_is_read_to_its_end(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    """pigz, bgzip, pbzip2, pixz and cat write such files; what is no member behind the last one is a reject."""
    content = pack(tmp_path / "a.tar", {f"cat/{number}.png": PNG for number in range(9)}).read_bytes()
    parts = [bytes(compress(content[begin : begin + 1000])) for begin in range(0, len(content), 1000)]
    (tmp_path / "a.tar").write_bytes(b"".join(parts))
    assert list(reasons(tmp_path).values()) == [None] * 9
    (tmp_path / "a.tar").write_bytes(b"".join(parts) + b"no member")
    *others, last = reasons(tmp_path).values()
    assert (set(others), last) == ({None}, Reason.DAMAGED_ARCHIVE)


@pytest.mark.parametrize("name", [one for one in KINDS if one != "a.zip"])
def test_tar_files_that_cat_has_joined_are_read_to_the_end(tmp_path: Path, name: str) -> None:
    first = pack(tmp_path / name, {"cat/1.png": PNG}).read_bytes()
    second = pack(tmp_path / name, {"cat/2.png": PNG}).read_bytes()
    (tmp_path / name).write_bytes(first + second)
    assert reasons(tmp_path) == {f"{name}/cat/1.png": None, f"{name}/cat/2.png": None}


@pytest.mark.parametrize("behind", [b"no tar", b"no tar" * 1000])
def test_what_lies_behind_the_end_of_a_tar_file_is_a_reject(tmp_path: Path, behind: bytes) -> None:
    path = pack(tmp_path / "a.tar", {"cat/1.png": PNG})
    path.write_bytes(path.read_bytes() + behind)
    assert reasons(tmp_path) == {"a.tar/cat/1.png": None, "a.tar": Reason.DAMAGED_ARCHIVE}


def test_a_damaged_header_is_not_the_end_of_a_tar_file(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", {f"cat/{number}.png": PNG for number in range(3)})
    path.write_bytes(path.read_bytes().replace(b"cat/2.png", b"cat/7.png", 1))
    assert reasons(tmp_path) == {"a.tar/cat/0.png": None, "a.tar": Reason.DAMAGED_ARCHIVE}


def test_zip_files_that_cat_has_joined_are_said_to_hold_more(tmp_path: Path) -> None:
    first, second = (pack(tmp_path / "a.zip", {f"cat/{one}.png": PNG}).read_bytes() for one in "12")
    (tmp_path / "a.zip").write_bytes(first + second)
    assert reasons(tmp_path) == {"a.zip/cat/2.png": None, "a.zip": Reason.DAMAGED_ARCHIVE}


def test_encrypted_members_and_labels_that_cannot_be_read_have_their_own_reason(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"cat/0.png": PNG, "1.png": PNG, "1.cls": b"cat", "2.png": PNG, "2.json": b"{"})
    data = bytearray(path.read_bytes())
    for name in (b"cat/0.png", b"1.cls"):
        data[data.rindex(name) - 46 + 8] |= 1  # the flag of the directory
    path.write_bytes(data)
    rejections = [record.rejection for record in records(tmp_path)]
    assert [one.reason for one in rejections if one] == [Reason.ENCRYPTED, Reason.ENCRYPTED, Reason.NO_LABEL]
    assert [one.detail.split(":")[0] for one in rejections if one] == [
        "the member has a password; extract the archive",
        "its label, the .cls next to it",
        "the .json next to it cannot be read as JSON",
    ]


def test_label_in_json_is_that_of_a_table_and_a_folder_may_be_called_null(tmp_path: Path) -> None:
    pack(
        tmp_path / "b.tar",
        {"0.png": PNG, "0.cls": "cat".encode("utf-16"), "1.jp2": PNG, "1.mask.png": PNG, "1.cls": b"dog"},
    )
    utf_16, *image = records(tmp_path)
    assert (utf_16.rejection.reason if utf_16.rejection else None) == Reason.BAD_LABEL
    assert [(one.path, one.label) for one in image] == [("b.tar/1.jp2", "dog")]
    (tmp_path / "b.tar").unlink()
    labels = {"0": True, "1": 1.0, "2": None, "3": {"a": 1}, "4": ["a", "b"]}
    members = {f"{name}.json": json.dumps({"label": label}).encode() for name, label in labels.items()}
    images = {f"{name}.png": PNG for name in labels}
    pairs = sorted((members | images).items())
    pack(tmp_path / "a.tar", {"null/5.png": PNG, "nan/6.png": PNG, **dict(pairs)})
    found = records(tmp_path)
    assert [one.label for one in found] == ["null", "nan", "true", "1", None, None, '["a", "b"]']
    assert [one.rejection.reason for one in found if one.rejection] == [Reason.BAD_LABEL]


@pytest.mark.parametrize(("name", "least"), [("a.tar", 14_000), ("a.tar.gz", 0), ("a.zip", 8_000)])
def test_damaged_archive_says_how_much_was_not_read(tmp_path: Path, name: str, least: int) -> None:
    path = pack(
        tmp_path / name, {f"cat/{number}.png": encode_image(noise_image(16, 16, seed=number)) for number in range(9)}
    )
    data = path.read_bytes()
    where = data.rindex(b"PK\5\6") if name == "a.zip" else data.index(b"cat/2.png") if name == "a.tar" else 2000
    path.write_bytes(data[:where] + bytes(20) + data[where + 20 :])
    rejection = records(tmp_path)[-1].rejection
    assert isinstance(rejection, UnreadArchiveError)
    most = len(data) - where + 511 if name == "a.tar" else len(data)
    assert least <= rejection.unread <= most <= rejection.size == len(data)
    amount = f"at least {rejection.unread:,} of its {len(data):,} bytes were" if least else "an unknown part of it was"
    assert rejection.detail.startswith(f"{amount} not read: nothing can be read after")


def test_one_damaged_or_encrypted_member_of_a_zip_file_does_not_cost_the_others(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {f"cat/{number}.png": PNG for number in range(3)})
    data = bytearray(path.read_bytes())
    second = data.index(b"cat/1.png") + len("cat/1.png")
    data[second + 10 : second + 20] = bytes(10)
    path.write_bytes(data)
    assert list(reasons(tmp_path).values()) == [None, Reason.DAMAGED, None]


def test_archives_named_after_other_splits_than_their_folders_are_contradictions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pack(tmp_path / "train/a.tar", {"test/cat/1.png": PNG, "train/cat/2.png": PNG})
    pack(tmp_path / "b.tar", {"cat/3.png": PNG})
    (tmp_path / "c.rar").write_bytes(b"Rar!")
    assert list(reasons(tmp_path).values()) == [None, Reason.BAD_SPLIT, None]
    assert "left out, such as 'c.rar': only tar and zip files are read" in caplog.text
    assert "The name of 'train/a.tar' gives a split, and that of 'b.tar' does not" in caplog.text


def test_source_without_archives_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no archives; expected .tar"):
        list_archives(str(tmp_path))
    with pytest.raises(DataError, match="does not exist; expected a tar or zip file"):
        list_archives(str(tmp_path / "nowhere.tar"))


@pytest.mark.parametrize("name", ["a.tar", "a.zip"])
def test_second_member_of_a_name_is_rejected(tmp_path: Path, name: str) -> None:
    """Also where the name is spelled otherwise: `./cat/0.png` is `cat/0.png`."""
    first, other, second = records(pack(tmp_path / name, {"cat/0.png": b"1", "dog/0.png": b"2", "./cat/0.png": b"3"}))
    assert (first.data, other.data, second.data) == (b"1", b"2", b"")
    assert second.rejection is not None
    assert second.rejection.reason == Reason.REPEATED_NAME


@pytest.mark.parametrize(("name", "found"), [("texts.csv", True), ("part-0.parquet", True), ("1.png", False)])
def test_table_in_an_archive_is_told_from_other_members_without_a_label(tmp_path: Path, name: str, found: bool) -> None:
    """A CSV file that was zipped was one record without a label."""
    pack(tmp_path / "a.zip", {name: b"text,label"})
    (record,) = records(tmp_path)
    assert ("the name of a table; unpack the archive: a table" in str(record.rejection)) is found
