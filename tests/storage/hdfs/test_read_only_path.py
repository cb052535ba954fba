"""Paths on HDFS and descriptions of its errors; no server is contacted."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.storage import is_remote, locate
from headrace.storage.hdfs.hdfs_error_messages import describe
from headrace.storage.hdfs.read_only_path import HdfsPath

NAMES = st.text("abcxyz é#%?=_-*", min_size=1).filter(lambda name: name.strip(".") != "")
SERVERS = ["namenode:8020", "cluster", ""]


@pytest.mark.parametrize("server", SERVERS)
def test_locate_parses_hdfs_address(server: str) -> None:
    path = locate(f"hdfs://{server}//raw/cat/")
    assert isinstance(path, HdfsPath)
    assert (str(path), path.server, path.inside, path.name) == (f"hdfs://{server}/raw/cat", server, "/raw/cat", "cat")
    assert is_remote(path)
    assert locate(path) is path
    assert path.absolute() == path.resolve() == path


@pytest.mark.parametrize("server", SERVERS)
@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_hdfs_path_joins_and_splits_names_like_pathlib(server: str, names: list[str]) -> None:
    root = locate(f"hdfs://{server}/")
    path = root.joinpath(*names)
    assert str(path) == "/".join([f"hdfs://{server}", *names])
    assert str(path.relative_to(root)) == "/".join(names)
    assert path.parent.with_name("x").name == "x" if len(names) > 1 else path.parent == root
    assert pickle.loads(pickle.dumps(path)) == path
    assert locate(str(path)) == path
    assert locate(f"{root}/{'/'.join(names)}") == path


def test_hdfs_path_is_never_used_as_local_file() -> None:
    path = locate("hdfs://host/raw")
    assert path != Path("hdfs://host/raw")
    for use in (path.mkdir, path.unlink, lambda: open(path)):  # noqa: PTH123, SIM115
        with pytest.raises(TypeError, match="hdfs://host/raw is not on this machine"):
            use()
    with pytest.raises(TypeError, match="for reading only"):
        path.write_bytes(b"")


@pytest.mark.parametrize("name", ["../other", "a/../b", "12:30.png", "hdfs://host/x"])
def test_invalid_hdfs_name_is_a_missing_file(name: str) -> None:
    path = locate("hdfs://host/raw") / name
    assert not path.exists()
    with pytest.raises(FileNotFoundError, match="no such file"):
        path.read_bytes()


def test_absolute_name_joined_to_hdfs_path_is_refused() -> None:
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
        ("Connection refused (os error 111)", "hdfs://h:1 did not respond for hdfs://h:1/raw; check that the NameNode"),
        (
            'DataTransferError("All DataNodes failed: [DatanodeInfoProto {...}]")',
            "serves hdfs://h:1/raw (All DataNodes f",
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
            "returned an error for hdfs://h:1/raw: in state standby. Try again later.",
        ),
    ],
)
def test_describe_turns_hdfs_error_into_one_sentence(text: str, said: str) -> None:
    told = describe("h:1", "/raw", text)
    assert said in told
    assert "\\n" not in told
