"""Temporarily change a Spark session that belongs to the caller; the last user undoes the changes."""

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.sql import SparkSession

from headrace.spark.repeating_loggers import Undo, silence_repeating_loggers

# Two threads may share a session: the first block applies a change, and the last one undoes it.
_lock = threading.Lock()
_changes: dict[Hashable, tuple[int, Undo]] = {}


@contextmanager
def temporary_settings(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Set `settings` of `spark` inside the block; afterwards each has its earlier value, or none."""
    with ExitStack() as stack:
        for key, value in settings.items():
            name = (spark._jsparkSession.hashCode(), key, value)
            stack.enter_context(_while_needed(name, partial(_set, spark, key, value)))
        yield


@contextmanager
def without_repeating_logs(spark: SparkSession) -> Iterator[None]:
    """Silence, inside the block, the loggers that print a Java trace for each Python error."""
    with _while_needed("loggers", lambda: silence_repeating_loggers(spark)):
        yield


@contextmanager
def same_active_session() -> Iterator[None]:
    """Restore the active session of this thread, which creating a DataFrame replaces, when the block ends."""
    in_python = SparkSession._activeSession
    in_java = _java_session_class().getActiveSession()
    try:
        yield
    finally:
        SparkSession._activeSession = in_python
        # A JVM that has died has no active session.
        with suppress(Py4JError, OSError):
            if in_java.isDefined():
                _java_session_class().setActiveSession(in_java.get())
            else:
                _java_session_class().clearActiveSession()


@contextmanager
def _while_needed(name: Hashable, change: Callable[[], Undo]) -> Iterator[None]:
    with _lock:
        users, undo = _changes[name] if name in _changes else (0, change())
        _changes[name] = users + 1, undo
    try:
        yield
    finally:
        with _lock:
            users, undo = _changes.pop(name)
            if users > 1:
                _changes[name] = users - 1, undo
            else:
                # A JVM that has died has nothing to restore, and the error that tells so matters more.
                with suppress(Py4JError, OSError):
                    undo()


def _set(spark: SparkSession, key: str, value: str) -> Undo:
    explicit = spark.conf._jconf.getAll()
    before = explicit.get(key).get() if explicit.contains(key) else None
    spark.conf.set(key, value)
    return (lambda: spark.conf.unset(key)) if before is None else (lambda: spark.conf.set(key, before))


def _java_session_class() -> Any:
    """Return Java's class of sessions, which has another package since Spark 4."""
    jvm = SparkContext._active_spark_context._jvm
    find = getattr(SparkSession, "_get_j_spark_session_class", None)
    return find(jvm) if find else jvm.SparkSession
