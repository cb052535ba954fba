"""Java, which Spark runs on: where it is and whether Spark can use it. Asked before any Spark session starts."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from headrace.errors import ConfigurationError

# Spark 4.0 is compiled for Java 17; Java 24 took away `Subject.getSubject`, which its Hadoop calls at every start.
OLDEST, NEWEST = 17, 23
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
        raise ConfigurationError(f"{path} does not run ({error}), and Spark needs Java {OLDEST}; {INSTALL}.") from None
    said = answer.stderr + answer.stdout
    version = re.search(r'version "((?:1\.)?(\d+)[^"]*)"', said)
    if version is None:
        said = " ".join(said.split())
        raise ConfigurationError(
            f"{path} tells no Java version but {said!r:.80}; Spark needs Java {OLDEST}; {INSTALL}."
        )
    return Java(path, version[1], int(version[2]))


def require_java() -> None:
    """Make sure that Spark will find a Java it can run on.

    Raises:
        ConfigurationError: there is none, or it is older than 17 or newer than 23.
    """
    java = find_java()
    if not OLDEST <= java.major <= NEWEST:
        home = " and JAVA_HOME must name it or be unset" if os.environ.get("JAVA_HOME") else ""
        raise ConfigurationError(
            f"{java.path} is Java {java.version}, and Spark needs Java {OLDEST} to {NEWEST}; {INSTALL}{home}."
        )


def _program() -> Path:
    home = os.environ.get("JAVA_HOME")
    if home:
        program = Path(home) / "bin" / "java"
        if not os.access(program, os.X_OK):
            raise ConfigurationError(
                f"JAVA_HOME is {home}, where there is no bin/java; set it to the folder of a Java {OLDEST} or unset it."
            )
        return program
    found = shutil.which("java")
    if found is None:
        raise ConfigurationError(f"Spark needs Java {OLDEST}, and there is no `java` on PATH; {INSTALL}.")
    return Path(found)
