"""Find the Java that Spark will run on and verify its version before a Spark session starts."""

import importlib.util
import os
import re
import shutil
import subprocess
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from headrace.engines.supported_versions import BY_MODULE
from headrace.errors import ConfigurationError

# Spark 4 is compiled for Java 17, Spark 3.5 for Java 8.
OLDEST, OLDEST_FOR_SPARK_3 = 17, 8
# The newest Java that the documentation of Spark 4.2 and later names.
NEWEST = 25
# `Subject.getSubject` throws in Java 23 and is removed in Java 24. The Hadoop of Spark 3.5 to 4.1 calls it at every
# start; later Hadoop has a class that picks the method that Java offers.
NEWEST_WITH_OLD_HADOOP = 22
SUBJECT_CLASS = "org/apache/hadoop/security/authentication/util/SubjectUtil.class"
INSTALL = "on Debian and Ubuntu: `apt-get install openjdk-17-jre-headless`"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Java:
    """An installed Java.

    Attributes:
        path: path of the `java` program.
        version: reported version, such as `17.0.15`.
        major: release, such as 17; 8 for `1.8.0`.
    """

    path: Path
    version: str
    major: int


@dataclass(frozen=True)
class JavaRange:
    """The Java releases that the installed Spark supports, both ends included."""

    oldest: int
    newest: int

    def __str__(self) -> str:
        return f"{self.oldest} to {self.newest}"


def java_range() -> JavaRange:
    """Return the Java releases that the installed PySpark, or the Spark in SPARK_HOME, supports."""
    spark = BY_MODULE["pyspark"].installed
    oldest = OLDEST_FOR_SPARK_3 if spark.startswith("3.") else OLDEST
    return JavaRange(oldest, NEWEST if _hadoop_supports_newest() else NEWEST_WITH_OLD_HADOOP)


def _hadoop_supports_newest() -> bool:
    """Return whether Spark's Hadoop has `SUBJECT_CLASS`; True if its jar cannot be found."""
    spec = importlib.util.find_spec("pyspark")
    package = Path(spec.origin).parent if spec is not None and spec.origin is not None else None
    home = os.environ.get("SPARK_HOME") or package
    for jar in Path(home).glob("jars/hadoop-client-api-*.jar") if home else ():
        with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(jar) as archive:
            return SUBJECT_CLASS in archive.namelist()
    return True


def find_java() -> Java:
    """Return the Java that Spark would start: the one in JAVA_HOME if it is set, else the first on PATH.

    Raises:
        ConfigurationError: there is no Java, or it does not report its version.
    """
    path = _program()
    try:
        completed = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(
            f"{path} does not run ({error}). Spark needs Java {java_range()}; {_remedy()}."
        ) from None
    output = completed.stderr + completed.stdout
    version = re.search(r'version "((?:1\.)?(\d+)[^"]*)"', output)
    if version is None:
        output = " ".join(output.split())
        raise ConfigurationError(
            f"{path} reports no version; received {output!r:.80}. Spark needs Java {java_range()}; {_remedy()}."
        )
    return Java(path, version[1], int(version[2]))


def require_java() -> None:
    """Raise unless Spark will find a Java that it supports.

    Raises:
        ConfigurationError: there is no Java, or it is too old or too new for the installed Spark.
    """
    java, supported = find_java(), java_range()
    if not supported.oldest <= java.major <= supported.newest:
        raise ConfigurationError(
            f"{java.path} is Java {java.version}, but Spark {BY_MODULE['pyspark'].installed} needs Java {supported}; "
            f"{_remedy()}."
        )


def _program() -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        home_program = Path(home) / "bin" / "java"
        if not os.access(home_program, os.X_OK):
            fault = "whose bin/java is not executable" if home_program.exists() else "which has no bin/java"
            raise ConfigurationError(
                f"JAVA_HOME is {home}, {fault}. Set it to the folder of Java {java_range()}, or unset it."
            )
        return home_program
    program = shutil.which("java")
    if program is None:
        raise ConfigurationError(f"Spark needs Java {java_range()}, but there is no `java` on PATH; {INSTALL}.")
    return Path(program)


def _remedy() -> str:
    """Return how to get a supported Java; one that JAVA_HOME names hides all others."""
    home = os.environ.get("JAVA_HOME")
    return f"{INSTALL}; JAVA_HOME is {home}: then set JAVA_HOME to the new one, or unset JAVA_HOME" if home else INSTALL
