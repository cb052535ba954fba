"""Java is found where Spark would find it, and one that Spark cannot use is named in one sentence."""

import os
import zipfile
from pathlib import Path

import pytest

from headrace.engines.compatibility import Engine
from headrace.errors import ConfigurationError
from headrace.spark import java as java_module
from headrace.spark.java import find_java, java_range, require_java


def place_java(folder: Path, answer: str) -> Path:
    """A program `java` in `folder` that prints `answer` the way Java does, on stderr."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{answer}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole of PATH; JAVA_HOME is unset."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_the_java_of_this_machine_is_good_enough() -> None:
    require_java()


def test_the_first_java_on_the_path_is_found(only_path: Path) -> None:
    program = place_java(only_path, 'openjdk version "21.0.8" 2025-07-15 LTS')
    java = find_java()
    assert (java.path, java.version, java.major) == (program, "21.0.8", 21)


def test_java_home_goes_before_the_path_as_spark_has_it(
    only_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_java(only_path, 'openjdk version "21.0.8" 2025-07-15 LTS')
    program = place_java(tmp_path / "home" / "bin", 'openjdk version "17.0.15" 2025-04-15')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java().path == program


def test_no_java_is_one_sentence_with_the_package_to_install(only_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no `java` on PATH.*openjdk-17-jre-headless") as refused:
        require_java()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('java version "1.7.0_80"', "1.7.0_80"),
        ('openjdk version "26" 2026-03-17', "26"),
    ],
)
def test_a_java_too_old_or_too_new_for_spark_is_refused_with_its_version(
    only_path: Path, answer: str, said: str
) -> None:
    place_java(only_path, answer)
    with pytest.raises(ConfigurationError, match=f"is Java {said}, and Spark .* needs Java {java_range()}"):
        require_java()


@pytest.mark.parametrize(
    ("spark", "hadoop_asks", "supported"),
    [
        ("3.5.9", False, "8 to 22"),
        ("4.0.1", False, "17 to 22"),
        ("4.1.2", False, "17 to 22"),
        ("4.3.0", True, "17 to 25"),
    ],
)
def test_each_spark_runs_on_javas_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: str, hadoop_asks: bool, supported: str
) -> None:
    (tmp_path / "jars").mkdir()
    with zipfile.ZipFile(tmp_path / "jars" / "hadoop-client-api-3.jar", "w") as jar:
        jar.writestr("org/apache/hadoop/conf/Configuration.class", b"")
        if hadoop_asks:
            jar.writestr(java_module.ASKING_CLASS, b"")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    monkeypatch.setattr(Engine, "installed", spark)
    assert str(java_range()) == supported


def test_an_old_java_in_java_home_is_not_mended_by_installing_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_java(tmp_path / "bin", 'java version "1.7.0_80"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="JAVA_HOME must name it or be unset"):
        require_java()


def test_a_java_home_without_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="where there is no bin/java"):
        require_java()


def test_a_java_that_says_something_else_is_quoted(only_path: Path) -> None:
    place_java(only_path, "cannot execute: required file not found")
    with pytest.raises(ConfigurationError, match="tells no Java version but 'cannot execute"):
        require_java()


def test_a_program_that_does_not_run_is_refused(only_path: Path) -> None:
    program = place_java(only_path, "")
    program.write_bytes(os.urandom(64))
    with pytest.raises(ConfigurationError, match="does not run"):
        require_java()
