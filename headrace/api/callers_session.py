"""The Spark session of the program that calls the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from headrace.spark.lent_session import lend_session, running_session


@contextmanager
def callers_session(spark: SparkSession | None = None) -> Iterator[SparkSession | None]:
    """Let everything inside the block run in `spark`, or else in the session that runs in this process.

    Yields:
        The session; None if there is none, so that Headrace starts its own, as the command line does.

    Raises:
        ConfigurationError: it is a session of Spark Connect, or of another version than PySpark.
    """
    found = running_session() if spark is None else spark
    if found is None:
        yield None
        return
    with lend_session(found):
        yield found
