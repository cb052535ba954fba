"""Reject local files and folders that shadow an installed engine."""

import os
from collections.abc import Iterator
from pathlib import Path

from headrace.errors import ConfigurationError

# By module: what the real package has below its folder, wherever it is installed.
LANDMARKS = {
    "pyspark": "sql",
    "pyarrow": "parquet",
    "numpy": "version.py",
    "pandas": "core",
    "deltalake": "table.py",
    "petastorm": "reader.py",
    "tensorflow": "python",
    "keras": "src",
    "horovod": "runner",
}


def require_visible_engines() -> None:
    """Raise if the working directory, or a folder of PYTHONPATH, has a module that hides an engine.

    The working directory counts even where the command itself does not search it: ranks and Spark's workers do.

    Raises:
        ConfigurationError: a folder or file hides an engine.
    """
    for folder, origin, remedy in _search_path():
        for module, landmark in LANDMARKS.items():
            for path in (folder / module / "__init__.py", folder / f"{module}.py"):
                if path.is_file() and not (folder / module / landmark).exists():
                    raise ConfigurationError(
                        f"{path} hides the installed {module}, because Python searches {origin} first. Rename it, or "
                        f"{remedy}."
                    )


def _search_path() -> Iterator[tuple[Path, str, str]]:
    """Yield each folder that Python searches before its packages, what it is, and how to leave it out."""
    if not os.environ.get("PYTHONSAFEPATH"):
        try:
            folder = Path.cwd()
        except FileNotFoundError:
            raise ConfigurationError("The working directory does not exist any more; change to another one.") from None
        yield folder, "the working directory", "run Headrace in another directory"
    for one in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        yield Path(one).absolute(), "the folders of PYTHONPATH", f"take {one} out of PYTHONPATH"
