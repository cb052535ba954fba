"""Files on a real HDFS."""

import socket
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from headrace.errors import StoreError
from headrace.storage import files_below, locate, read_entry
from headrace.storage.hdfs import read_only_client as files
from tests.support.hdfs_server import Hdfs, properties
from tests.support.s3_server import free_port

pytestmark = pytest.mark.long

ODD = ["a b.png", "ü#1.png", "50%20off.png", "what?.png", "[x]*.png", "back\\slash.png", "x=y&z+.png", ".hidden"]


def test_hdfs_lists_and_reads_any_name(hdfs: Hdfs) -> None:
    for name in ODD:
        hdfs.put(f"/odd/deep/{name}", name.encode())
    root = locate(f"{hdfs.address}/odd")
    assert sorted(file.path for file in files_below(root)) == sorted(f"deep/{name}" for name in ODD)
    assert {name: (root / "deep" / name).read_bytes().decode() for name in ODD} == {name: name for name in ODD}
    assert sorted(one.name for one in (root / "deep").iterdir()) == sorted(ODD)
    assert set(files_below(root / "deep")) == {read_entry(root / "deep" / name) for name in ODD}


def test_hdfs_distinguishes_folders_from_files(hdfs: Hdfs) -> None:
    hdfs.put("/kinds/folder/empty.png", b"")
    root = locate(f"{hdfs.address}/kinds")
    file = root / "folder" / "empty.png"
    assert (file.is_file(), file.is_dir(), file.stat().st_size, file.read_bytes()) == (True, False, 0, b"")
    assert (file.parent.is_file(), file.parent.is_dir(), file.parent.exists()) == (False, True, True)
    assert locate(hdfs.address + "/").is_dir()
    none = root / "none"
    assert (none.exists(), list(files_below(none))) == (False, [])
    for ask in (none.read_bytes, none.stat, lambda: none.open("rb"), lambda: read_entry(none)):
        with pytest.raises(FileNotFoundError, match="no such file") as error:
            ask()
        assert error.value.errno == 2


def test_changed_hdfs_file_has_another_change_tag_or_size(hdfs: Hdfs) -> None:
    path = locate(f"{hdfs.address}/marks/x")
    hdfs.put("/marks/x", b"one")
    before = read_entry(path)
    assert abs(before.modified - time.time()) < 60
    assert before.change_tag == round(before.modified * 1000) * 1_000_000
    hdfs.put("/marks/x", b"three")
    after = read_entry(path)
    assert (before.size, after.size) == (3, 5)
    assert after.change_tag > before.change_tag


def test_hdfs_file_supports_seeking_and_text(hdfs: Hdfs) -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("first.txt", "1")
        archive.writestr("second.txt", "2" * 9_000_000)
    hdfs.put("/parts/archive.zip", data.getvalue())
    path = locate(f"{hdfs.address}/parts/archive.zip")
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        assert (archive.read("second.txt"), archive.read("first.txt")) == (b"2" * 9_000_000, b"1")
    hdfs.put("/parts/text", "ü\r\nb".encode())
    assert list(locate(f"{hdfs.address}/parts/text").open(newline="")) == ["ü\r\n", "b"]


def test_default_server_comes_from_hadoop_configuration(hdfs: Hdfs, monkeypatch: pytest.MonkeyPatch) -> None:
    hdfs.put("/default/x", b"found")
    path = locate("hdfs:///default/x")
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    with pytest.raises(StoreError, match=r"hdfs:///default/x names no server that is known here.*set HADOOP_CONF_DIR"):
        path.read_bytes()
    monkeypatch.setenv("HADOOP_CONF_DIR", hdfs.configuration)
    assert path.read_bytes() == b"found"
    assert [file.path for file in files_below(path.parent)] == ["x"]


def test_unknown_nameservice_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    with pytest.raises(StoreError, match="hdfs://cluster/raw names no server that is known here"):
        locate("hdfs://cluster/raw").exists()


def test_nameservice_comes_from_hadoop_configuration(
    hdfs: Hdfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = f"127.0.0.1:{free_port()}"
    values = {
        "dfs.ha.namenodes.cluster": "one,two",
        "dfs.namenode.rpc-address.cluster.one": dead,
        "dfs.namenode.rpc-address.cluster.two": hdfs.address.removeprefix("hdfs://"),
    }
    (tmp_path / "hdfs-site.xml").write_text(properties(values))
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path))
    hdfs.put("/service/x", b"found")
    assert locate("hdfs://cluster/service/x").read_bytes() == b"found"


def test_hdfs_reports_missing_permission(hdfs: Hdfs, monkeypatch: pytest.MonkeyPatch) -> None:
    hdfs.put("/closed/folder/x", b"secret")
    hdfs.close("/closed/folder")
    hdfs.put("/closed/file", b"secret")
    hdfs.close("/closed/file")
    monkeypatch.setenv("HADOOP_USER_NAME", "stranger")
    folder, file = locate(f"{hdfs.address}/closed/folder"), locate(f"{hdfs.address}/closed/file")
    for ask in (lambda: list(files_below(folder)), (folder / "x").read_bytes, file.read_bytes, (folder / "x").exists):
        with pytest.raises(StoreError, match=r"refuses access to hdfs://.*user=stranger.*set HADOOP_USER_NAME"):
            ask()


def test_threads_share_one_hdfs_client(hdfs: Hdfs) -> None:
    hdfs.put("/threads/x", b"content")
    files._cached_client.cache_clear()
    path, found = locate(f"{hdfs.address}/threads/x"), list[bytes]()
    threads = [threading.Thread(target=lambda: found.append(path.read_bytes())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"content"] * 8
    assert files._cached_client.cache_info().misses == 1


def test_absent_hdfs_server_is_reported_within_30_seconds() -> None:
    began = time.monotonic()
    with pytest.raises(StoreError, match=r"did not respond for hdfs://.*that the NameNode runs.*Connection refused"):
        locate(f"hdfs://127.0.0.1:{free_port()}/raw").exists()
    assert time.monotonic() - began < 30


def test_silent_hdfs_server_is_reported_after_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ANSWER_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"did not respond for hdfs://.*no response within 2 s"):
            locate(f"hdfs://127.0.0.1:{mute.getsockname()[1]}/raw").exists()
        assert time.monotonic() - began < 10
