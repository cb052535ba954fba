"""A session of somebody else is as it was after every block, also after an error and with two blocks at once."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.config.configuration_model import Spark
from headrace.errors import ConfigurationError
from headrace.spark import lent_session as module
from headrace.spark.lent_session import lend_session, lent_session, running_session
from headrace.spark.repeating_loggers import REPEATING_LOGGERS
from headrace.spark.session import session
from headrace.spark.temporary_session_changes import temporary_settings

pytestmark = pytest.mark.spark

ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"


@pytest.fixture
def own(spark: SparkSession) -> Iterator[SparkSession]:
    """A session with settings of its own, and log levels as Spark starts with: some set, some not."""
    log4j = spark.sparkContext._jvm.org.apache.logging.log4j
    context = log4j.LogManager.getContext(False)
    for name in REPEATING_LOGGERS[1:]:
        context.getConfiguration().removeLogger(name)
    log4j.core.config.Configurator.setLevel(REPEATING_LOGGERS[0], log4j.Level.ERROR)
    context.updateLoggers()
    yield spark.newSession()
    for name in REPEATING_LOGGERS:
        log4j.core.config.Configurator.setLevel(name, log4j.Level.OFF)


def explicit_settings(spark: SparkSession) -> dict[str, str]:
    found, iterator = {}, spark.conf._jconf.getAll().iterator()
    while iterator.hasNext():
        pair = iterator.next()
        found[pair._1()] = pair._2()
    return found


def levels(spark: SparkSession) -> list[tuple[str, str]]:
    """The level of each logger, and the name of the logger that has set it."""
    configuration = spark.sparkContext._jvm.org.apache.logging.log4j.LogManager.getContext(False).getConfiguration()
    found = [configuration.getLoggerConfig(name) for name in REPEATING_LOGGERS]
    return [(one.getName(), one.getLevel().toString()) for one in found]


def state(spark: SparkSession) -> tuple[Any, ...]:
    return explicit_settings(spark), levels(spark), SparkSession.getActiveSession()


def test_settings_have_their_values_inside_the_block_only(own: SparkSession) -> None:
    own.conf.set(ROWS, "77")
    before = explicit_settings(own)
    with temporary_settings(own, {ROWS: "256", "spark.sql.session.timeZone": "UTC"}):
        assert own.conf.get(ROWS) == "256"
        with temporary_settings(own, {ROWS: "256"}):
            pass
        assert own.conf.get(ROWS) == "256"
    assert explicit_settings(own) == before


def test_last_of_two_threads_restores_a_setting(own: SparkSession) -> None:
    entered, left = threading.Event(), threading.Event()

    def work() -> None:
        with temporary_settings(own, {ROWS: "256"}):
            entered.set()
            left.wait(60)

    before = explicit_settings(own)
    with temporary_settings(own, {ROWS: "256"}):
        thread = threading.Thread(target=work)
        thread.start()
        entered.wait(60)
    assert own.conf.get(ROWS) == "256"
    left.set()
    thread.join()
    assert explicit_settings(own) == before


@pytest.mark.parametrize("fails", [False, True])
def test_lent_session_is_used_as_it_is_and_left_as_it_was(own: SparkSession, fails: bool) -> None:
    before = state(own)
    assert "ERROR" in dict(levels(own)).values()
    assert lent_session() is None

    def use() -> None:
        with lend_session(own):
            assert session("prepare", Spark(settings={"spark.sql.shuffle.partitions": "3"})) is own
            assert own.conf.get("spark.sql.session.timeZone") == "UTC"
            assert {level for _, level in levels(own)} == {"OFF"}
            own.createDataFrame([(1,)], "a int").collect()
            assert SparkSession.getActiveSession() is own
            if fails:
                raise ValueError("an error of the call")

    if fails:
        with pytest.raises(ValueError, match="an error of the call"):
            use()
    else:
        use()
    assert state(own) == before
    assert lent_session() is None
    assert session("prepare", Spark()) is not own


def test_running_session_is_the_active_one(spark: SparkSession) -> None:
    assert running_session() in (SparkSession.getActiveSession(), spark)


def test_spark_connect_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = type("SparkSession", (), {"__module__": "pyspark.sql.connect.session"})()
    with pytest.raises(ConfigurationError, match="one of Spark Connect"):
        module.refuse_connect(remote)
    monkeypatch.setattr(module.SparkContext, "_active_spark_context", None)
    monkeypatch.setenv("SPARK_REMOTE", "sc://somewhere")
    with pytest.raises(ConfigurationError, match="one of Spark Connect"):
        running_session()
    monkeypatch.delenv("SPARK_REMOTE")
    assert running_session() is None
