"""Spark's settings on one kind of cluster, in a file of their own that many configurations share."""

from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from headrace.config.base import Section
from headrace.config.configuration import Spark
from headrace.config.environment import from_environment
from headrace.config.load import read_yaml, validated
from headrace.config.spark_conf import Settings

# The commands that Spark runs; a training's executors need not be those of a preparation.
Command = Literal["check", "prepare", "train", "predict"]
COMMANDS: tuple[Command, ...] = get_args(Command)


class Cluster(Section):
    """What Spark is told on a cluster: by every command, and more by single ones."""

    settings: Settings = Field(default_factory=dict, description="spark.* settings of every command")
    check: Settings = Field(
        default_factory=dict, description="spark.* settings of `headrace check`; they override `settings`"
    )
    prepare: Settings = Field(
        default_factory=dict, description="spark.* settings of `headrace prepare`; they override `settings`"
    )
    train: Settings = Field(
        default_factory=dict, description="spark.* settings of `headrace train`; they override `settings`"
    )
    predict: Settings = Field(
        default_factory=dict, description="spark.* settings of `headrace predict`; they override `settings`"
    )

    def of(self, command: str) -> dict[str, str]:
        """What `command` is told."""
        own: dict[str, str] = getattr(self, command) if command in COMMANDS else {}
        return self.settings | own


def load_cluster(path: str | Path) -> Cluster:
    """The cluster's file at `path`.

    Raises:
        ConfigurationError: it is missing or is no YAML mapping, a key is unknown, a value does not fit.
    """
    hint = "Headrace's own, to copy and change, are in conf/cluster/."
    return validated(Cluster, read_yaml(Path(path), hint), path)


def spark_settings(section: Spark, command: str) -> dict[str, str]:
    """What Spark is told by `command`: the cluster's file, then `spark.settings`, secrets from the environment.

    Raises:
        ConfigurationError: as `load_cluster`, or an environment variable is not set.
    """
    shared = load_cluster(section.cluster).of(command) if section.cluster else {}
    return from_environment(shared, str(section.cluster)) | from_environment(section.settings, "spark.settings")
