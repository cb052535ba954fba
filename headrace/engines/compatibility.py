"""The engines: which versions Headrace supports, which are installed, and whether those belong together.

All of it is read from the metadata of installed packages, in milliseconds: no engine is imported. The supported
ranges are those of our own distribution, which `pyproject.toml` states.
"""

import importlib
import importlib.util
import json
import logging
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from headrace import __version__
from headrace.errors import ConfigurationError

log = logging.getLogger(__name__)

MISSING, UNKNOWN = "none", "unknown"
COMPILE_HOROVOD = (
    "`make setup` compiles it for the TensorFlow that is there; with uv: uv sync --reinstall-package horovod"
)
SAME_ENVIRONMENT = "give executors the driver's environment: spark.pyspark.python, or spark.archives"


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        name: for people.
        module: under which Python imports it.
        packages: names it is published under, any of which will do.
    """

    name: str
    module: str
    packages: tuple[str, ...]

    @property
    def installed(self) -> str:
        """The version that is installed, `none` where none is, `unknown` where it is there without metadata."""
        # What spark-submit brings has no metadata, and goes before what is installed.
        imported = sys.modules.get("pyspark") if self.module == "pyspark" else None
        return str(imported.__version__) if imported else _installed(self)

    @property
    def is_installed(self) -> bool:
        """Whether Python finds it."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def supported(self) -> SpecifierSet:
        """The versions that Headrace supports; all where our own metadata is missing, as with --py-files."""
        return _supported(self.packages)

    @property
    def fix(self) -> str:
        """How to get a version that is supported."""
        if self.module == "horovod":
            return COMPILE_HOROVOD
        wanted = f"{self.packages[0]}{as_text(self.supported).replace(' ', '')}"
        return f"`make setup` brings the environment of uv.lock; without a checkout: pip install '{wanted}'"


ENGINES = (
    Engine("PySpark", "pyspark", ("pyspark",)),
    Engine("PyArrow", "pyarrow", ("pyarrow",)),
    Engine("NumPy", "numpy", ("numpy",)),
    Engine("pandas", "pandas", ("pandas",)),
    Engine("Delta Lake", "deltalake", ("deltalake",)),
    Engine("Petastorm", "petastorm", ("petastorm",)),
    Engine("TensorFlow", "tensorflow", ("tensorflow-cpu", "tensorflow")),
    Engine("Keras", "keras", ("keras",)),
    Engine("Horovod", "horovod", ("horovod",)),
)
BY_MODULE = {engine.module: engine for engine in ENGINES}


def supported_python() -> SpecifierSet:
    """Return the versions of Python that Headrace supports; all where our own metadata is missing."""
    try:
        return SpecifierSet(metadata("headrace").get("Requires-Python") or "")
    except PackageNotFoundError:
        return SpecifierSet()


def is_supported(found: str, supported: SpecifierSet) -> bool:
    """Return whether the version `found` is one of `supported`."""
    try:
        return supported.contains(Version(found), prereleases=True)
    except InvalidVersion:
        return False


def as_text(supported: SpecifierSet) -> str:
    """Return a range for people, its lower end first, such as `>=3.5, <4.4`."""
    return ", ".join(sorted(map(str, supported), key=lambda one: (one.startswith("<"), one)))


def installed_versions() -> dict[str, str]:
    """Return what is installed here: Python, Headrace and the engines."""
    engines = {engine.name: engine.installed for engine in ENGINES}
    return {"Python": platform.python_version(), "Headrace": __version__} | engines


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Return what is another version there than here, as `NumPy 1.26.4 instead of 2.4.0`; of Python, its minor version.

    Args:
        there: as `installed_versions` gives it on an executor.
        here: the same on the driver.
    """
    return [
        f"{name} {there.get(name, MISSING)} instead of {wanted}"
        for name, wanted in here.items()
        if _compared(name, there.get(name, MISSING)) != _compared(name, wanted)
    ]


def require_engines() -> None:
    """Make sure that ranks can be trained with what is installed here; warn of versions outside the supported ranges.

    Raises:
        ConfigurationError: an engine is missing, or Horovod was compiled for another TensorFlow.
    """
    for engine in ENGINES:
        if not engine.is_installed:
            raise ConfigurationError(missing_engine(engine))
    if fault := horovod_fault():
        raise ConfigurationError(f"{fault}; {COMPILE_HOROVOD}.")
    for engine in ENGINES:
        if not is_supported(engine.installed, engine.supported):
            log.warning(
                "%s %s is installed, and Headrace supports %s; trying anyway",
                *(engine.name, engine.installed, as_text(engine.supported)),
            )


def missing_engine(engine: Engine) -> str:
    """Return the sentence about an engine that this Python does not have."""
    needed = f" {as_text(engine.supported)}" if engine.supported else ""
    return f"{sys.executable} has no {engine.name}, and this needs {engine.name}{needed}; {engine.fix}."


def horovod_fault() -> str:
    """Return why Horovod does not belong to the TensorFlow that is installed; empty where it does, or is not there.

    Horovod's build records the version it was compiled with. TensorFlow promises no stable C++ interface, so another
    release may crash the rank, or compute something else.
    """
    recorded = _recorded_tensorflow()
    installed = BY_MODULE["tensorflow"].installed
    if recorded is None or MISSING in (installed, BY_MODULE["horovod"].installed):
        return ""
    if not recorded:
        return "Horovod was compiled without TensorFlow"
    if _release(recorded) == _release(installed):
        return ""
    return f"Horovod was compiled for TensorFlow {recorded}, and TensorFlow {installed} is installed"


def _recorded_tensorflow() -> str | None:
    """Return the version that Horovod was compiled with, empty where it was compiled without, None if not recorded."""
    found = importlib.util.find_spec("horovod")
    if found is None or found.origin is None:
        return None
    try:
        return str(json.loads(Path(found.origin).with_name("metadata.json").read_text()).get("tensorflow", ""))
    except (OSError, ValueError):
        return None


def _installed(engine: Engine) -> str:
    for package in engine.packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    if not engine.is_installed:
        return MISSING
    return str(importlib.import_module("pyspark").__version__) if engine.module == "pyspark" else UNKNOWN


def _supported(packages: tuple[str, ...]) -> SpecifierSet:
    try:
        lines = requires("headrace") or []
    except PackageNotFoundError:
        return SpecifierSet()
    requirements = [Requirement(line) for line in lines]
    return next((one.specifier for one in requirements if one.name in packages and one.marker is None), SpecifierSet())


def _compared(name: str, found: str) -> str:
    return ".".join(found.split(".")[:2]) if name == "Python" else found


def _release(found: str) -> tuple[int, ...] | str:
    try:
        return Version(found).release
    except InvalidVersion:
        return found
