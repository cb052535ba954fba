"""Verify the Python that Spark's workers run on this machine, before Spark starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from headrace.errors import ConfigurationError

# With -c, Python searches the working directory first, as Spark's workers search that of the driver.
PROBE = "import sys; print('%d.%d' % sys.version_info[:2], flush=True); import headrace"
TIMEOUT_SECONDS = 60


def require_worker_python(configured: str | None) -> None:
    """Raise unless the Python that is set for Spark's workers can run them.

    Args:
        configured: value of `spark.pyspark.python`; the variable PYSPARK_PYTHON takes precedence, as in PySpark.

    Raises:
        ConfigurationError: it does not exist, is not a Python, lacks Headrace, or has another minor version.
    """
    variable = os.environ.get("PYSPARK_PYTHON")
    python = variable or configured
    if python is None or python == sys.executable:
        return
    origin = "The environment variable PYSPARK_PYTHON" if variable else "The setting spark.pyspark.python"
    remedy = f"Unset it, or set it to {sys.executable}."
    program = shutil.which(python)
    if program is None:
        found = "is not executable" if Path(python).exists() else "does not exist"
        raise ConfigurationError(
            f"{origin} is {python}, which {found}; expected a Python for Spark's workers. {remedy}"
        )
    try:
        done = subprocess.run(
            [program, "-c", PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"{origin} is {python}, which does not run ({error}). {remedy}") from None
    version, driver = done.stdout.strip(), "{}.{}".format(*sys.version_info[:2])
    if not version.replace(".", "").isdigit():
        raise ConfigurationError(f"{origin} is {python}, which is not a Python. {remedy}")
    if version != driver:
        raise ConfigurationError(
            f"{origin} is {python}, a Python {version}, but the driver runs Python {driver}; Spark needs the same "
            f"minor version. {remedy}"
        )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        raise ConfigurationError(f"{origin} is {python}, which cannot import headrace ({last}). {remedy}")


def explain_worker_python() -> str:
    """Return what names the Python of the executors' workers, and how to correct it, as the end of a sentence."""
    driver = "{}.{}".format(*sys.version_info[:2])
    remedy = f"a Python {driver} that has Headrace, or ship the driver's environment with spark.archives."
    if python := os.environ.get("PYSPARK_PYTHON"):
        return f"the environment variable PYSPARK_PYTHON is {python}. Unset it, set it to {remedy}"
    return f"the setting spark.pyspark.python names their Python. Set it to {remedy}"
