"""Java is found where Spark would find it, and an unsupported Java is refused in one sentence."""

import os
import re
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from headrace.engines.supported_versions import BY_MODULE, Engine, is_supported
from headrace.errors import ConfigurationError
from headrace.spark import java_version as java_module
from headrace.spark.java_version import find_java, java_range, require_java
from tests.support.workspace import ROOT

pytestmark = pytest.mark.spark


def write_java(folder: Path, output: str) -> Path:
    """Write a program `java` to `folder` that prints `output` on stderr, as Java does."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{output}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH; JAVA_HOME is unset."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_installed_java_is_supported() -> None:
    require_java()


def test_find_java_returns_first_on_path(only_path: Path) -> None:
    program = write_java(only_path, 'openjdk version "21.0.8" 2025-07-15 LTS')
    java = find_java()
    assert (java.path, java.version, java.major) == (program, "21.0.8", 21)


def test_java_home_takes_precedence_over_path(only_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_java(only_path, 'openjdk version "21.0.8" 2025-07-15 LTS')
    program = write_java(tmp_path / "home" / "bin", 'openjdk version "17.0.15" 2025-04-15')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java().path == program


def test_missing_java_names_package_to_install(only_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no `java` on PATH.*openjdk-17-jre-headless") as refused:
        require_java()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ('java version "1.7.0_80"', "1.7.0_80"),
        ('openjdk version "26" 2026-03-17', "26"),
    ],
)
def test_java_outside_supported_range_is_refused_with_its_version(only_path: Path, output: str, version: str) -> None:
    write_java(only_path, output)
    with pytest.raises(ConfigurationError, match=f"is Java {version}, but Spark .* needs Java {java_range()}"):
        require_java()


def documented_ranges() -> list[tuple[str, str, str]]:
    """Return the rows of the table in docs/engines.md: Spark, the releases that it names, those that we accept."""
    text = (ROOT / "docs" / "engines.md").read_text()
    rows = re.findall(r"^\| (\d\.\d) \| ([\d, ]+) \| (\d+ to \d+) \|$", text, re.MULTILINE)
    return [(spark, named, accepted) for spark, named, accepted in rows]


def test_documented_ranges_are_those_of_all_supported_versions_of_spark() -> None:
    versions = [spark for spark, _, _ in documented_ranges()]
    supported = BY_MODULE["pyspark"].supported
    assert all(is_supported(version, supported) for version in versions)
    major, minor = versions[-1].split(".")
    assert f">={versions[0]}" in str(supported)
    assert not is_supported(f"{major}.{int(minor) + 1}", supported)


@pytest.mark.parametrize(("spark", "named", "accepted"), documented_ranges())
def test_java_range_is_the_documented_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: str, named: str, accepted: str
) -> None:
    (tmp_path / "jars").mkdir()
    with zipfile.ZipFile(tmp_path / "jars" / "hadoop-client-api-3.jar", "w") as jar:
        jar.writestr("org/apache/hadoop/conf/Configuration.class", b"")
        if Version(spark) >= Version("4.2"):
            jar.writestr(java_module.SUBJECT_CLASS, b"")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    monkeypatch.setattr(Engine, "installed", f"{spark}.1")
    supported = java_range()
    assert str(supported) == accepted
    assert all(supported.oldest <= int(release) <= supported.newest for release in named.split(", "))


def test_unsupported_java_home_must_be_changed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_java(tmp_path / "bin", 'java version "1.7.0_80"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="then set JAVA_HOME to the new one, or unset JAVA_HOME"):
        require_java()


def test_java_home_without_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="which has no bin/java"):
        require_java()
    write_java(tmp_path / "bin", "").chmod(0o644)
    with pytest.raises(
        ConfigurationError, match=f"JAVA_HOME is {tmp_path}, whose bin/java is not executable. Set it to"
    ):
        require_java()


@pytest.mark.parametrize("content", ["#!/bin/sh\necho cannot load libjvm.so\n", "\x7fgarbage", "#!/none\n"])
def test_java_home_with_a_broken_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    write_java(tmp_path / "bin", "").write_text(content)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"JAVA_HOME is {tmp_path}.*unset JAVA_HOME") as refused:
        require_java()
    assert "\n" not in str(refused.value)


def test_java_without_version_is_quoted(only_path: Path) -> None:
    write_java(only_path, "cannot execute: required file not found")
    with pytest.raises(ConfigurationError, match="reports no version; received 'cannot execute"):
        require_java()


def test_java_that_does_not_run_is_refused(only_path: Path) -> None:
    program = write_java(only_path, "")
    program.write_bytes(os.urandom(64))
    with pytest.raises(ConfigurationError, match="does not run"):
        require_java()
