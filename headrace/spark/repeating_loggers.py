"""Silence loggers of the JVM that repeat a message for every task."""

from collections.abc import Callable

from pyspark.sql import SparkSession

REPEATING_LOGGERS = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.scheduler.DAGScheduler",
    "org.apache.spark.storage.DiskBlockObjectWriter",
)


Undo = Callable[[], None]


def silence_repeating_loggers(spark: SparkSession) -> Undo:
    """Silence the loggers that print a Java trace for each Python error, which Headrace reports once itself.

    Returns:
        A function that gives them the levels they had.
    """
    log4j = spark.sparkContext._jvm.org.apache.logging.log4j
    context, configurator = log4j.LogManager.getContext(False), log4j.core.config.Configurator
    levels = {}
    for name in REPEATING_LOGGERS:
        found = context.getConfiguration().getLoggerConfig(name)
        levels[name] = found.getLevel() if found.getName() == name else None
        configurator.setLevel(name, log4j.Level.OFF)

    def undo() -> None:
        for name, level in levels.items():
            if level is None:
                context.getConfiguration().removeLogger(name)
            else:
                configurator.setLevel(name, level)
        context.updateLoggers()

    return undo
