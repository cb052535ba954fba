"""What a rank takes is asked of Spark only where it is another thing than what Spark gives every task."""

from typing import Any

from headrace.config.sections.training import Resources
from headrace.train.launch.executor_resources import profile_for


def test_ranks_take_what_tasks_take_where_nothing_is_said(spark: Any) -> None:
    assert profile_for(spark, Resources()) is None


def test_local_spark_knows_no_profiles_and_trains_without(spark: Any) -> None:
    assert profile_for(spark, Resources(cpus=4)) is None
