"""Spark gets a resource profile only where ranks need other resources than ordinary tasks."""

from typing import Any

from headrace.config.sections.training import Resources
from headrace.train.launch.rank_resource_profile import profile_for


def test_profile_is_none_without_resource_settings(spark: Any) -> None:
    assert profile_for(spark, Resources()) is None


def test_profile_is_none_on_local_spark(spark: Any) -> None:
    """Local Spark does not support resource profiles, so ranks train without one."""
    assert profile_for(spark, Resources(cpus=4)) is None
