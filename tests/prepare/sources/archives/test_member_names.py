"""Names of members that are not ASCII are read as their writers meant them, or warned of."""

import io
import tarfile
import zipfile
from pathlib import Path
from unicodedata import normalize

import pytest

from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.sources.archives.archive_source import list_archives, read_archive
from headrace.prepare.sources.raw_file_and_record import RawRecord
from tests.support.raw_images import encode_image, noise_image

PNG = encode_image(noise_image(8, 8))


class RawName(zipfile.ZipInfo):
    """A member whose name is written as `raw` and without the flag of UTF-8."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.raw, self.flag_bits & ~0x800


def write_zip(path: Path, names: list[bytes], data: bytes = PNG) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, raw in enumerate(names):
            info = RawName(f"{number}.png")
            info.raw = raw
            archive.writestr(info, data)
    with zipfile.ZipFile(path) as archive:
        assert not any(info.flag_bits & 0x800 for info in archive.infolist())


def read(path: Path) -> list[RawRecord]:
    listing = list_archives(str(path))
    return [record for file in listing.files for record in read_archive(listing.root, file, 10**6)]


def labels(path: Path) -> set[str | None]:
    return {record.label for record in read(path)}


def warnings(path: Path) -> list[str]:
    observations = Observations()
    for record in read(path):
        observations.add_member(record.path, record.label, record.name_finding)
    return observations.warnings(None)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["köter", "кошка", "日本"])
def test_names_in_utf8_without_the_flag_are_those_of_their_writer(tmp_path: Path, form: str, name: str) -> None:
    """macOS writes UTF-8 in NFD without the flag, and older programs of Linux write NFC."""
    write_zip(tmp_path / "a.zip", [f"{normalize(form, name)}/0.png".encode(), b"dog/1.png"])  # type: ignore[arg-type]
    assert labels(tmp_path) == {name, "dog"}
    assert not warnings(tmp_path)
    found = preview(str(tmp_path))
    assert set(found["classes"]) == {name, "dog"}
    assert not any("encoding" in one for one in found["warnings"])


def test_one_class_of_zip_files_of_several_machines_has_one_name(tmp_path: Path) -> None:
    write_zip(tmp_path / "mac.zip", [normalize("NFD", "köter/0.png").encode()])
    write_zip(tmp_path / "linux.zip", ["köter/1.png".encode()])
    write_zip(tmp_path / "win.zip", ["köter/2.png".encode("cp437")])
    with zipfile.ZipFile(tmp_path / "flag.zip", "w") as archive:
        archive.writestr("köter/3.png", PNG)
    assert labels(tmp_path) == {"köter"}


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "köter"), ("cp866", "кошка"), ("cp932", "日本")])
def test_names_in_an_unknown_encoding_are_warned_of(tmp_path: Path, encoding: str, name: str) -> None:
    raw = [f"{name}/{number}.png".encode(encoding) for number in range(2)]
    write_zip(tmp_path / "a.zip", [*raw, b"dog/2.png"])
    example = f"a.zip/{raw[0].decode('cp437')}"
    (warning,) = warnings(tmp_path)
    assert warning.startswith("2 members have a name whose encoding the zip file does not give (")
    assert warning.endswith(f"such as {example!r}.")
    assert any("encoding the zip file does not give" in one for one in preview(str(tmp_path))["warnings"])


def test_name_that_may_be_utf8_by_chance_is_read_like_the_others(tmp_path: Path) -> None:
    """The Russian word in code page 866 is a sign of Mongolian in UTF-8."""
    assert "сам".encode("cp866").decode() == "\u182c"
    write_zip(tmp_path / "a.zip", [f"{name}/0.png".encode("cp866") for name in ("сам", "кошка")])
    assert labels(tmp_path) == {name.encode("cp866").decode("cp437") for name in ("сам", "кошка")}


def test_samples_of_webdataset_in_a_zip_file_have_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for raw, data in (("grün.png", PNG), ("grün.cls", "köter".encode())):
            info = RawName(raw)
            info.raw = raw.encode()
            archive.writestr(info, data)
    assert [record[:2] for record in read(tmp_path)] == [("a.zip/grün.png", "köter")]


def test_names_of_a_tar_file_that_are_not_utf8_are_warned_of(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        for name in ("köter/0.png", "dog/1.png"):
            info = tarfile.TarInfo(name)
            info.size = len(PNG)
            archive.addfile(info, io.BytesIO(PNG))
    assert any(line.startswith("1 member has a name that is not UTF-8 (") for line in warnings(tmp_path))
