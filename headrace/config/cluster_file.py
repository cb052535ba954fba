"""The cluster file: Spark settings for one kind of cluster, shared by many configurations."""

from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from headrace.config.base_section import Section
from headrace.config.configuration_model import Spark
from headrace.config.load import read_yaml, validate
from headrace.config.secrets_and_environment_variables import from_environment
from headrace.config.validated_spark_conf import Settings

# The commands that run on Spark; training and preparation may need different executors.
Command = Literal["check", "prepare", "train", "predict"]
COMMANDS: tuple[Command, ...] = get_args(Command)


class Cluster(Section):
    """Spark settings of a cluster: common ones, and overrides by command."""

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

    def settings_for(self, command: str) -> dict[str, str]:
        """Return the settings of `command`: the common ones with its own overrides."""
        own: dict[str, str] = getattr(self, command) if command in COMMANDS else {}
        return self.settings | own


def load_cluster(path: str | Path) -> Cluster:
    """Read and validate the cluster file at `path`.

    Raises:
        ConfigurationError: the file is missing or not a YAML mapping, a key is unknown, or a value is invalid.
    """
    hint = "Copy one from conf/cluster/ and change it."
    return validate(Cluster, read_yaml(Path(path), hint), path)


def spark_settings(section: Spark, command: str) -> dict[str, str]:
    """Return the Spark settings of `command`: the cluster file, overridden by `spark.settings`, with $NAME resolved.

    Raises:
        ConfigurationError: the cluster file is invalid, or an environment variable is not set.
    """
    shared = load_cluster(section.cluster).settings_for(command) if section.cluster else {}
    return from_environment(shared, str(section.cluster)) | from_environment(section.settings, "spark.settings")
