"""Versions of Python and of the engines, against those that resolve, compile and run together."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from headrace import __version__
from headrace.check.report import Row

PYTHON = "3.11"
MEND = "`make setup` brings the environment of uv.lock; without a checkout: pip install '{name}=={needed}.*'"


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes:
        name: for people.
        packages: names it is published under, any of which will do.
        needed: the version's first parts, such as `4.0` for any 4.0.x.
    """

    name: str
    packages: tuple[str, ...]
    needed: str


ENGINES = (
    Engine("PySpark", ("pyspark",), "4.0"),
    Engine("PyArrow", ("pyarrow",), "14.0"),
    Engine("NumPy", ("numpy",), "1.26"),
    Engine("pandas", ("pandas",), "2.2"),
    Engine("Delta Lake", ("deltalake",), "1.6"),
    Engine("Petastorm", ("petastorm",), "0.13.1"),
    Engine("TensorFlow", ("tensorflow-cpu", "tensorflow"), "2.18"),
    Engine("Keras", ("keras",), "3.15"),
    Engine("Horovod", ("horovod",), "0.28.1"),
)


def version_rows() -> list[Row]:
    """A row for Python and one for each engine."""
    return [_python(), *map(_engine, ENGINES)]


def found_versions() -> dict[str, str]:
    """What is installed here: Python, Headrace and the engines."""
    engines = {engine.name: _installed(engine.packages) for engine in ENGINES}
    return {"Python": platform.python_version(), "Headrace": __version__} | engines


def _python() -> Row:
    found = platform.python_version()
    ok = found.startswith(f"{PYTHON}.")
    mend = "" if ok else f"run Headrace with Python {PYTHON}; `make setup` makes an environment with it"
    return Row(name="Python", found=found, needed=PYTHON, ok=ok, mend=mend)


def _engine(engine: Engine) -> Row:
    found = _installed(engine.packages)
    ok = f"{found}.".startswith(f"{engine.needed}.")
    mend = "" if ok else MEND.format(name=engine.packages[0], needed=engine.needed)
    return Row(name=engine.name, found=found, needed=engine.needed, ok=ok, mend=mend)


def _installed(packages: tuple[str, ...]) -> str:
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "none"
