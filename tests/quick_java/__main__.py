"""Create the archive of Spark's classes that `bin/java` uses, unless one exists that is newer than Java.

python -m tests.quick_java
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.quick_java.environment import ARCHIVES, quick_java

# Run what most commands use of Spark; the JVM writes the loaded classes when it exits.
PROGRAM = """
import sys
from pyspark import SparkContext
from headrace.config.configuration_model import Spark
from headrace.spark.session import session

archiving = {"spark.driver.extraJavaOptions": f"-Xlog:disable -XX:ArchiveClassesAtExit={sys.argv[1]}"}
spark = session("archive", Spark(settings=archiving), slots=2)
spark.sparkContext.parallelize(range(2), 2).barrier().mapPartitions(list).collect()
spark.createDataFrame([(1, "a")], "number int, word string").write.parquet("table")
spark.read.parquet("table").groupBy("word").count().collect()
spark.stop()
jvm = SparkContext._gateway.proc
jvm.stdin.close()
sys.exit(jvm.wait())
"""


def main() -> None:
    """Create the archive unless one exists that is newer than Java."""
    environment = quick_java()
    if not environment:
        return
    archive, java = Path(environment["QUICK_JAVA_ARCHIVE"]), Path(environment["QUICK_JAVA"])
    if archive.exists() and archive.stat().st_mtime > java.stat().st_mtime:
        return
    ARCHIVES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ARCHIVES) as folder:
        made = Path(folder, "spark.jsa")
        command = [sys.executable, "-c", PROGRAM, str(made)]
        done = subprocess.run(command, env=os.environ | environment, cwd=folder, check=False)
        if done.returncode == 0 and made.exists():
            made.replace(archive)
        else:
            print("Spark's classes were not archived; the tests will take longer.", file=sys.stderr)


if __name__ == "__main__":
    main()
