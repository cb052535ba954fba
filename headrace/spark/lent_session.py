"""Use the Spark session of the calling program, and leave it unchanged."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from headrace.errors import ConfigurationError
from headrace.spark.pyspark_version_match import require_same_jvm
from headrace.spark.temporary_session_changes import same_active_session, temporary_settings, without_repeating_logs

# Times without a zone mean the same on every machine, and in the session of every program.
TIME_ZONE = {"spark.sql.session.timeZone": "UTC"}
CONNECT = "pyspark.sql.connect"

_lent: ContextVar[SparkSession | None] = ContextVar("headrace_lent_session", default=None)


def lent_session() -> SparkSession | None:
    """Return the session that a program has lent to the call that is running; None if Headrace has its own."""
    return _lent.get()


@contextmanager
def lend_session(spark: SparkSession) -> Iterator[None]:
    """Let everything inside the block run in `spark`, whose settings, log levels and active session are then restored.

    Raises:
        ConfigurationError: it is a session of Spark Connect, or of another version than PySpark.
    """
    refuse_connect(spark)
    require_same_jvm(spark.version)
    token = _lent.set(spark)
    try:
        with same_active_session(), without_repeating_logs(spark), temporary_settings(spark, TIME_ZONE):
            yield
    finally:
        _lent.reset(token)


def running_session() -> SparkSession | None:
    """Return the session that runs in this process; None if there is none, so that Headrace starts one.

    Raises:
        ConfigurationError: this process uses Spark Connect.
    """
    if SparkContext._active_spark_context is None:
        connect = sys.modules.get(f"{CONNECT}.session")
        if "SPARK_REMOTE" in os.environ or (connect and connect.SparkSession.getActiveSession() is not None):
            raise _connect_error()
        return None
    return SparkSession.getActiveSession() or SparkSession._instantiatedSession or SparkSession.builder.getOrCreate()


def refuse_connect(thing: Any) -> None:
    """Raise if a session or a DataFrame is one of Spark Connect.

    Raises:
        ConfigurationError: it is.
    """
    if type(thing).__module__.startswith(CONNECT):
        raise _connect_error()


def _connect_error() -> ConfigurationError:
    return ConfigurationError(
        "The session is one of Spark Connect, through which Headrace cannot start ranks; run the program on the "
        "cluster's driver, with a session of SparkSession.builder.master(...)."
    )
