"""A hard link in a tar archive is the content of its target."""

import io
import tarfile
from pathlib import Path

import pytest

from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.prepare.sources.archives import hard_links as archive_hard_links
from headrace.prepare.sources.archives.archive_source import list_archives, read_archive
from headrace.prepare.sources.raw_file_and_record import RawRecord

KINDS = ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"]


def pack(path: Path, *members: tuple[str, bytes | str]) -> None:
    """Write an archive of files, which have bytes, and of hard links, which have the name of their target."""
    kind = path.suffix.removeprefix(".").replace("tar", "")
    with tarfile.open(path, f"w:{kind}") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.LNKTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))


def records(folder: Path, max_bytes: int = 10**6) -> dict[str, RawRecord]:
    listing = list_archives(str(folder))
    found = [record for file in listing.files for record in read_archive(listing.root, file, max_bytes)]
    return {record.path.partition("/")[2]: record for record in found}


@pytest.mark.parametrize("kind", KINDS)
def test_hard_link_has_the_content_of_its_target(tmp_path: Path, kind: str) -> None:
    files = [(f"all/{number}.png", bytes([number]) * 700) for number in range(4)]
    links = [(f"set/{('cat', 'dog')[number % 2]}/{number}.png", name) for number, (name, _) in enumerate(files)]
    pack(tmp_path / kind, *files, *links, ("set/cat/again.png", "./set/cat/0.png"))
    found = records(tmp_path)
    assert len(found) == 9
    for number in range(4):
        record = found[f"set/{('cat', 'dog')[number % 2]}/{number}.png"]
        assert (record.data, record.label, record.rejection) == (files[number][1], ("cat", "dog")[number % 2], None)
    assert found["set/cat/again.png"].data == files[0][1]


@pytest.mark.parametrize("kind", KINDS)
def test_hard_link_to_a_hidden_file_has_its_content(tmp_path: Path, kind: str) -> None:
    pack(tmp_path / kind, (".store/1", b"one"), ("cat/1.png", ".store/1"))
    assert {name: record.data for name, record in records(tmp_path).items()} == {"cat/1.png": b"one"}


@pytest.mark.parametrize("kind", KINDS)
def test_hard_link_before_its_target_or_without_one_is_rejected(tmp_path: Path, kind: str) -> None:
    pack(tmp_path / kind, ("cat/1.png", "dog/1.png"), ("dog/1.png", b"one"), ("cat/2.png", "nowhere.png"))
    found = records(tmp_path)
    assert found["dog/1.png"].data == b"one"
    for name in ("cat/1.png", "cat/2.png"):
        rejection = found[name].rejection
        assert rejection is not None
        assert rejection.reason is Reason.MISSING_FILE
        assert "is missing, or comes later" in rejection.detail


@pytest.mark.parametrize("kind", KINDS)
def test_hard_link_to_a_large_file_is_as_large(tmp_path: Path, kind: str) -> None:
    pack(tmp_path / kind, ("cat/1.png", bytes(2000)), ("dog/1.png", "cat/1.png"))
    reasons = [one.rejection.reason for one in records(tmp_path, 1000).values() if one.rejection]
    assert reasons == [Reason.TOO_MANY_BYTES] * 2


def test_hard_link_out_of_the_archive_is_unsafe(tmp_path: Path) -> None:
    pack(tmp_path / "a.tar", ("cat/1.png", "/etc/passwd"), ("cat/2.png", "../2.png"))
    assert [one.rejection.reason for one in records(tmp_path).values() if one.rejection] == [Reason.UNSAFE_NAME] * 2


def test_compressed_archive_keeps_the_newest_contents_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_hard_links, "MAX_KEPT_BYTES", 2000)
    files = [(f"all/{number}.png", bytes([number]) * 900) for number in range(3)]
    links = [(f"cat/{number}.png", name) for number, (name, _) in enumerate(files)]
    pack(tmp_path / "a.tar.gz", *files, *links)
    pack(tmp_path / "b.tar", *files, *links)
    found = {one.path: one for one in _all(tmp_path)}
    lost = found["a.tar.gz/cat/0.png"].rejection
    assert lost is not None
    assert "comes more than 2000 bytes before it" in lost.detail
    assert [found[f"a.tar.gz/cat/{number}.png"].data for number in (1, 2)] == [files[1][1], files[2][1]]
    assert [found[f"b.tar/cat/{number}.png"].data for number in range(3)] == [data for _, data in files]


def _all(folder: Path) -> list[RawRecord]:
    listing = list_archives(str(folder))
    return [record for file in listing.files for record in read_archive(listing.root, file, 10**6)]
