"""Names of files on HDFS, and what its errors mean; no server is asked."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.storage import is_remote, locate
from headrace.storage.hdfs.errors import describe
from headrace.storage.hdfs.path import HdfsPath

NAMES = st.text("abcxyz é#%?=_-*", min_size=1).filter(lambda name: name.strip(".") != "")
SERVERS = ["namenode:8020", "cluster", ""]


@pytest.mark.parametrize("server", SERVERS)
def test_an_address_is_a_path_of_its_server(server: str) -> None:
    path = locate(f"hdfs://{server}//raw/cat/")
    assert isinstance(path, HdfsPath)
    assert (str(path), path.server, path.inside, path.name) == (f"hdfs://{server}/raw/cat", server, "/raw/cat", "cat")
    assert is_remote(path)
    assert locate(path) is path
    assert path.absolute() == path.resolve() == path


@pytest.mark.parametrize("server", SERVERS)
@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_names_are_joined_and_taken_apart_as_pathlib_does(server: str, names: list[str]) -> None:
    root = locate(f"hdfs://{server}/")
    path = root.joinpath(*names)
    assert str(path) == "/".join([f"hdfs://{server}", *names])
    assert str(path.relative_to(root)) == "/".join(names)
    assert path.parent.with_name("x").name == "x" if len(names) > 1 else path.parent == root
    assert pickle.loads(pickle.dumps(path)) == path
    assert locate(str(path)) == path
    assert locate(f"{root}/{'/'.join(names)}") == path


def test_it_is_never_taken_for_a_file_of_this_machine() -> None:
    path = locate("hdfs://host/raw")
    assert path != Path("hdfs://host/raw")
    for use in (path.mkdir, path.unlink, lambda: open(path)):  # noqa: PTH123, SIM115
        with pytest.raises(TypeError, match="hdfs://host/raw is not on this machine"):
            use()
    with pytest.raises(TypeError, match="for reading only"):
        path.write_bytes(b"")


@pytest.mark.parametrize("name", ["../other", "a/../b", "12:30.png", "hdfs://host/x"])
def test_names_that_hdfs_cannot_have_are_of_no_file(name: str) -> None:
    path = locate("hdfs://host/raw") / name
    assert not path.exists()
    with pytest.raises(FileNotFoundError, match="no such file"):
        path.read_bytes()


def test_a_name_that_begins_anew_names_no_server() -> None:
    with pytest.raises(ValueError, match="names no server"):
        (locate("hdfs://host/raw") / "/etc/passwd").stat()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            r'RPCError("org.apache.hadoop.security.AccessControlException", "Permission denied: user=bob, '
            r'inode=\"/raw\":root:drwx------\n\tat org.apache...")',
            r'hdfs://h:1 refuses access to hdfs://h:1/raw (Permission denied: user=bob, inode="/raw":root:drwx------);',
        ),
        ("Connection refused (os error 111)", "hdfs://h:1 did not answer for hdfs://h:1/raw; check that the NameNode"),
        (
            'DataTransferError("All DataNodes failed: [DatanodeInfoProto {...}]")',
            "gives hdfs://h:1/raw (All DataNodes f",
        ),
        (
            'InvalidArgument("No NameNode hosts found")',
            "hdfs://h:1/raw names no server that is known here (No NameNode",
        ),
        (
            "NoSASLMechanism",
            "hdfs://h:1 could not authenticate the request for hdfs://h:1/raw (NoSASLMechanism); set HADOOP_USER",
        ),
        (
            'RPCError("a.b.StandbyException", "in state standby\\n\\tat x")',
            "answered for hdfs://h:1/raw: in state standby;",
        ),
    ],
)
def test_errors_are_a_sentence(text: str, said: str) -> None:
    told = describe("h:1", "/raw", text)
    assert said in told
    assert "\\n" not in told
