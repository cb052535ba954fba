"""Read and write folders of a file system that the Hadoop of a session knows."""

import tempfile
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from headrace.errors import DataError, StoreError
from headrace.spark.lent_session import refuse_connect


class HadoopFolder:
    """A folder of a file system that the Hadoop of a session knows."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        refuse_connect(spark)
        self._path = path
        self._jvm: Any = spark.sparkContext._jvm
        self._configuration = spark._jsparkSession.sessionState().newHadoopConf()

    def exists(self, name: str = "") -> bool:
        """Return whether the folder, or a file or folder in it, exists."""
        return bool(self._call("exists", self._java_path(name)))

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        self._call("delete", self._java_path(), True)

    def write(self, folder: str, files: dict[str, bytes]) -> None:
        """Write files into a folder in it."""
        with tempfile.TemporaryDirectory(prefix="headrace-") as scratch:
            for name, data in files.items():
                (Path(scratch) / name).write_bytes(data)
                target = self._java_path(f"{folder}/{name}")
                self._call("copyFromLocalFile", False, True, self._local_path(scratch, name), target)

    def read(self, folder: str, names: list[str]) -> dict[str, bytes]:
        """Return the content of files of a folder in it, by name.

        Raises:
            DataError: one is missing.
        """
        files = {}
        with tempfile.TemporaryDirectory(prefix="headrace-") as scratch:
            for name in names:
                if "/" in name or name.startswith(".") or not self.exists(f"{folder}/{name}"):
                    raise DataError(f"The model {self._path} is damaged: {folder}/{name} is missing; save it again.")
                source = self._java_path(f"{folder}/{name}")
                # Without a checksum beside the copy.
                self._call("copyToLocalFile", False, source, self._local_path(scratch, name), True)
                files[name] = Path(scratch, name).read_bytes()
        return files

    def _local_path(self, folder: str, name: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(f"file://{folder}/{name}")

    def _java_path(self, name: str = "") -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(f"{self._path.rstrip('/')}/{name}" if name else self._path)

    def _call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the folder's file system.

        Raises:
            StoreError: it fails.
        """
        try:
            return getattr(self._java_path().getFileSystem(self._configuration), method)(*arguments)
        except Py4JJavaError as error:
            raise StoreError(f"The file system of {self._path} fails: {first_line(error)}.") from None


def first_line(error: Exception) -> str:
    """Return the first line of the message of an error, of Java or Python, without a full stop."""
    text = error.java_exception.toString() if isinstance(error, Py4JJavaError) else error
    return str(text).strip().split("\n")[0].rstrip(".")
