"""A real HDFS, a NameNode and a DataNode in separate processes, from the Hadoop of an old PySpark."""

import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch.pypi_packages import Release, read_members
from headrace.locks.file_lock import lock_file
from headrace.storage.atomic_files_and_folders import atomic_directory
from tests.support.s3_server import free_port

if TYPE_CHECKING:
    from hdfs_native import Client

# The last with the servers; later ones have Hadoop's clients only. 218 MB.
RELEASE = Release(
    package="pyspark",
    version="2.4.8",
    kind="sdist",
    sha256="3a19b71b8dc8dd91ebc943604a05e1ab01bce052456d42937035632d852d78dc",
)
SERVERS = "org.apache.hadoop.hdfs.server"
# Hadoop 2.7 is of the time of Java 8.
OPENED = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.util", "sun.nio.ch", "java.nio")]
OPENED += ["--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED"]
# Their pages are not in the jar, and they start none without.
PAGES = "<web-app/>"


def hadoop_jars() -> Path:
    """Return the folder of Hadoop's jars in the user's cache; they are fetched once, and their hash is verified."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace-tests"
    jars = cache / "hadoop-2.7"
    cache.mkdir(parents=True, exist_ok=True)
    with lock_file(cache / "hadoop.lock", "tests", wait=True):
        if not jars.is_dir():
            with atomic_directory(jars) as folder:
                read_members(RELEASE, lambda archive: _unpack(archive, folder))
    return jars


def _unpack(archive: Path, folder: Path) -> dict[str, bytes]:
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            content = members.extractfile(member) if member.name.endswith(".jar") else None
            if content is not None:
                with (folder / Path(member.name).name).open("wb") as file:
                    shutil.copyfileobj(content, file)
    return {}


class Hdfs:
    """A file system in `folder`, whose address stays when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"hdfs://127.0.0.1:{free_port()}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._write_configuration()
        self._run(f"{SERVERS}.namenode.NameNode", "-format", "-nonInteractive").wait()

    @property
    def configuration(self) -> str:
        """Return the value of HADOOP_CONF_DIR."""
        return str(self.folder / "conf")

    def start(self) -> None:
        """Start both servers; files that were put before are there."""
        self._processes = [self._run(f"{SERVERS}.namenode.NameNode"), self._run(f"{SERVERS}.datanode.DataNode")]
        self._await()

    def stop(self) -> None:
        """Kill both servers, as a power failure does."""
        for process in self._processes:
            process.kill()
            process.wait()

    def put(self, path: str, data: bytes) -> None:
        """Put a file, which may replace another."""
        from hdfs_native import WriteOptions

        with self._client.create(path, WriteOptions(overwrite=True)) as file:
            file.write(data)

    def upload(self, folder: Path, path: str) -> str:
        """Upload the files below `folder`, and return their address."""
        files = [file for file in folder.rglob("*") if file.is_file()]
        # The client asks half a second later whether a file is complete.
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda file: self.put(f"{path}/{file.relative_to(folder)}", file.read_bytes()), files))
        return f"{self.address}{path}"

    def close(self, path: str) -> None:
        """Let only its owner access a file or folder."""
        self._client.set_permission(path, 0o700)

    @cached_property
    def _client(self) -> "Client":
        from hdfs_native import Client

        return Client(self.address, {"dfs.client.failover.max.attempts": "1"})

    def _run(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        java = os.environ.get("QUICK_JAVA") or shutil.which("java") or "java"
        path = f"{self.configuration}:{self.folder / 'pages'}:{hadoop_jars()}/*"
        command = [java, "-Xmx256m", *OPENED, "-cp", path, name, *words]
        with (self.folder / f"{name.rpartition('.')[2]}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def _write_configuration(self) -> None:
        for name in ("hdfs", "datanode"):
            page = self.folder / "pages" / "webapps" / name / "WEB-INF" / "web.xml"
            page.parent.mkdir(parents=True)
            page.write_text(PAGES)
        conf = self.folder / "conf"
        conf.mkdir()
        (conf / "core-site.xml").write_text(properties({"fs.defaultFS": self.address}))
        settings = {
            "dfs.namenode.name.dir": f"file://{self.folder}/namenode",
            "dfs.datanode.data.dir": f"file://{self.folder}/datanode",
            "dfs.webhdfs.enabled": "false",
            "dfs.replication": "1",
            "dfs.namenode.safemode.extension": "0",
        }
        for name in ("namenode.http-", "datanode.http.", "datanode.", "datanode.ipc."):
            settings[f"dfs.{name}address"] = "127.0.0.1:0"
        (conf / "hdfs-site.xml").write_text(properties(settings))

    def _await(self) -> None:
        deadline = time.monotonic() + 120
        while all(process.poll() is None for process in self._processes) and time.monotonic() < deadline:
            try:
                self.put("/started", b"1")
            except (OSError, RuntimeError):
                time.sleep(0.2)
            else:
                return
        raise TimeoutError(f"HDFS does not start; its logs are in {self.folder}")


def properties(values: dict[str, str]) -> str:
    """Return a file of Hadoop's configuration."""
    each = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in values.items())
    return f"<configuration>{each}</configuration>"


@contextmanager
def hdfs_server(folder: Path) -> Iterator[Hdfs]:
    """Yield a running HDFS in the new folder `folder`."""
    folder.mkdir(exist_ok=True)
    server = Hdfs(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
