"""Java, which Spark runs on: where it is and whether Spark can use it. Asked before any Spark session starts."""

import importlib.util
import os
import re
import shutil
import subprocess
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from headrace.engines.compatibility import BY_MODULE
from headrace.errors import ConfigurationError

# Spark 4 is compiled for Java 17, Spark 3.5 for Java 8.
OLDEST, OLDEST_FOR_SPARK_3 = 17, 8
# The newest that Spark 4.2 and later name in their documentation.
NEWEST = 25
# Java 23 refuses `Subject.getSubject`, and Java 24 took it away. The Hadoop that Spark 3.5 to 4.1 bring calls it at
# every start; later ones have a class that asks Java what to call.
NEWEST_WITH_OLD_HADOOP = 22
ASKING_CLASS = "org/apache/hadoop/security/authentication/util/SubjectUtil.class"
INSTALL = "`apt-get install openjdk-17-jre-headless` brings one on Debian and Ubuntu"
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Java:
    """A Java that answers.

    Attributes:
        path: of its program.
        version: as it says itself, such as `17.0.15`.
        major: the release, such as 17, and 8 for `1.8.0`.
    """

    path: Path
    version: str
    major: int


@dataclass(frozen=True)
class JavaRange:
    """The releases of Java that the Spark here runs on, both ends included."""

    oldest: int
    newest: int

    def __str__(self) -> str:
        return f"{self.oldest} to {self.newest}"


def java_range() -> JavaRange:
    """Return the releases of Java that the installed PySpark, or the Spark in SPARK_HOME, runs on."""
    spark = BY_MODULE["pyspark"].installed
    oldest = OLDEST_FOR_SPARK_3 if spark.startswith("3.") else OLDEST
    return JavaRange(oldest, NEWEST if _hadoop_asks() else NEWEST_WITH_OLD_HADOOP)


def _hadoop_asks() -> bool:
    """Whether Spark's Hadoop has the class that asks Java what to call; so too where its jar is not found."""
    found = importlib.util.find_spec("pyspark")
    package = Path(found.origin).parent if found is not None and found.origin is not None else None
    home = os.environ.get("SPARK_HOME") or package
    for jar in Path(home).glob("jars/hadoop-client-api-*.jar") if home else ():
        with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(jar) as archive:
            return ASKING_CLASS in archive.namelist()
    return True


def find_java() -> Java:
    """The Java that Spark would start: that of JAVA_HOME where it is set, else the first on PATH.

    Raises:
        ConfigurationError: there is none, or it does not tell its version.
    """
    path = _program()
    try:
        answer = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(
            f"{path} does not run ({error}), and Spark needs Java {java_range()}; {INSTALL}."
        ) from None
    said = answer.stderr + answer.stdout
    version = re.search(r'version "((?:1\.)?(\d+)[^"]*)"', said)
    if version is None:
        said = " ".join(said.split())
        raise ConfigurationError(
            f"{path} tells no Java version but {said!r:.80}; Spark needs Java {java_range()}; {INSTALL}."
        )
    return Java(path, version[1], int(version[2]))


def require_java() -> None:
    """Make sure that Spark will find a Java it can run on.

    Raises:
        ConfigurationError: there is none, or it is too old or too new for the Spark here.
    """
    java, supported = find_java(), java_range()
    if not supported.oldest <= java.major <= supported.newest:
        home = " and JAVA_HOME must name it or be unset" if os.environ.get("JAVA_HOME") else ""
        raise ConfigurationError(
            f"{java.path} is Java {java.version}, and Spark {BY_MODULE['pyspark'].installed} needs Java {supported}; "
            f"{INSTALL}{home}."
        )


def _program() -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        program = Path(home) / "bin" / "java"
        if not os.access(program, os.X_OK):
            raise ConfigurationError(
                f"JAVA_HOME is {home}, where there is no bin/java; set it to the folder of a Java {java_range()}, "
                "or unset it."
            )
        return program
    found = shutil.which("java")
    if found is None:
        raise ConfigurationError(f"Spark needs Java {java_range()}, and there is no `java` on PATH; {INSTALL}.")
    return Path(found)
