"""The environment in which `bin/java` finds the real Java and the archive of Spark's classes."""

import os
import shutil
from importlib.metadata import version
from pathlib import Path

HOME = Path(__file__).parent
ARCHIVES = HOME.parents[1] / ".pytest_cache"


def quick_java() -> dict[str, str]:
    """Return the environment in which Spark's JVMs start in a third of the time; empty if this machine has no Java."""
    home = os.environ.get("JAVA_HOME")
    java = os.environ.get("QUICK_JAVA") or (f"{home}/bin/java" if home else shutil.which("java"))
    if java is None or not Path(java).is_file():
        return {}
    archive = ARCHIVES / f"spark-{version('pyspark')}.jsa"
    return {"QUICK_JAVA": java, "QUICK_JAVA_ARCHIVE": str(archive), "JAVA_HOME": str(HOME)}
