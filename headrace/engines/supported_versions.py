"""Report which engine versions Headrace supports, which are installed, and whether they are compatible.

Everything is read from the metadata of installed packages, in milliseconds; no engine is imported. The supported
ranges come from the metadata of Headrace itself, which `pyproject.toml` defines.
"""

import importlib
import importlib.util
import json
import logging
import platform
import sys
import tomllib
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
COMPILE_HOROVOD = "`make setup` compiles it for the installed TensorFlow; with uv: uv sync --reinstall-package horovod"
SAME_ENVIRONMENT = "give executors the driver's environment with spark.pyspark.python or spark.archives"


@dataclass(frozen=True)
class Engine:
    """A library that Headrace runs on.

    Attributes:
        name: display name.
        module: name of the imported module.
        packages: names of the distributions that provide the module; one of them suffices.
    """

    name: str
    module: str
    packages: tuple[str, ...]

    @property
    def installed(self) -> str:
        """Installed version; `none` if not installed, `unknown` if installed without metadata."""
        # The PySpark of spark-submit has no metadata, and takes precedence over an installed one.
        imported = sys.modules.get("pyspark") if self.module == "pyspark" else None
        return str(imported.__version__) if imported else _installed(self)

    @property
    def is_installed(self) -> bool:
        """Return whether Python finds the module."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def supported(self) -> SpecifierSet:
        """Versions that Headrace supports; all if neither metadata nor a checkout states them, as with --py-files."""
        return _supported(self.packages)

    @property
    def fix(self) -> str:
        """Instructions for installing a supported version."""
        if self.module == "horovod":
            return COMPILE_HOROVOD
        requirement = f"{self.packages[0]}{as_text(self.supported).replace(' ', '')}"
        return f"`make setup` installs the environment of uv.lock; without a checkout: pip install '{requirement}'"


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
    """Return the versions of Python that Headrace supports; all if Headrace's metadata is missing."""
    try:
        return SpecifierSet(metadata("headrace").get("Requires-Python") or "")
    except PackageNotFoundError:
        return SpecifierSet()


def is_supported(installed: str, supported: SpecifierSet) -> bool:
    """Return whether `supported` contains the version `installed`, pre-releases included."""
    try:
        return supported.contains(Version(installed), prereleases=True)
    except InvalidVersion:
        return False


def as_text(supported: SpecifierSet) -> str:
    """Return a version range as text, lower bound first, such as `>=3.5, <4.4`."""
    return ", ".join(sorted(map(str, supported), key=lambda specifier: (specifier.startswith("<"), specifier)))


def installed_versions() -> dict[str, str]:
    """Return the installed versions of Python, Headrace and the engines, by display name."""
    engines = {engine.name: engine.installed for engine in ENGINES}
    return {"Python": platform.python_version(), "Headrace": __version__} | engines


def differences(executor: Mapping[str, str], driver: Mapping[str, str]) -> list[str]:
    """Return the versions that differ, such as `NumPy 1.26.4 instead of 2.4.0`; Python is compared by minor version.

    Args:
        executor: `installed_versions` of an executor.
        driver: `installed_versions` of the driver.
    """
    return [
        f"{name} {executor.get(name, MISSING)} instead of {expected}"
        for name, expected in driver.items()
        if _comparable(name, executor.get(name, MISSING)) != _comparable(name, expected)
    ]


def require_engines() -> None:
    """Raise unless the installed engines can train; warn about versions outside the supported ranges.

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
                "%s %s is installed, but Headrace supports %s and is not tested with it; continuing anyway",
                *(engine.name, engine.installed, as_text(engine.supported)),
            )


def missing_engine(engine: Engine) -> str:
    """Return the message about an engine that this Python does not have."""
    supported = f" {as_text(engine.supported)}" if engine.supported else ""
    return f"{sys.executable} has no {engine.name}; this command needs {engine.name}{supported}. Fix: {engine.fix}."


def horovod_fault() -> str:
    """Return why Horovod does not match the installed TensorFlow; empty if it matches, or if either is missing.

    Horovod's build records the TensorFlow version that it was compiled for. TensorFlow has no stable C++ interface,
    so another release may crash a rank or compute wrong results.
    """
    recorded = _recorded_tensorflow()
    installed = BY_MODULE["tensorflow"].installed
    if recorded is None or MISSING in (installed, BY_MODULE["horovod"].installed):
        return ""
    if not recorded:
        return "Horovod was compiled without TensorFlow"
    if _release(recorded) == _release(installed):
        return ""
    return f"Horovod was compiled for TensorFlow {recorded}, but TensorFlow {installed} is installed"


def _recorded_tensorflow() -> str | None:
    """Return the TensorFlow version that Horovod was compiled for; empty if compiled without, None if not recorded."""
    spec = importlib.util.find_spec("horovod")
    if spec is None or spec.origin is None:
        return None
    try:
        return str(json.loads(Path(spec.origin).with_name("metadata.json").read_text()).get("tensorflow", ""))
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
    requirements = [Requirement(line) for line in _dependencies()]
    ours = (requirement for requirement in requirements if requirement.name in packages and requirement.marker is None)
    return next((requirement.specifier for requirement in ours), SpecifierSet())


def _dependencies() -> list[str]:
    """Return Headrace's dependencies; from a checkout that is only on PYTHONPATH, those of its pyproject.toml."""
    try:
        return requires("headrace") or []
    except PackageNotFoundError:
        project = Path(__file__).parents[2] / "pyproject.toml"
        return list(tomllib.loads(project.read_text())["project"]["dependencies"]) if project.is_file() else []


def _comparable(name: str, installed: str) -> str:
    return ".".join(installed.split(".")[:2]) if name == "Python" else installed


def _release(text: str) -> tuple[int, ...] | str:
    try:
        return Version(text).release
    except InvalidVersion:
        return text
