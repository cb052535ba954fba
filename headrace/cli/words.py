"""Words that several verbs take."""

from pathlib import Path
from typing import Annotated

import typer

Conf = Annotated[Path, typer.Argument(metavar="CONF", help="configuration file (YAML)")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[key=value]...", help="such as train.ranks=4")]
SparkSettings = Annotated[
    Path | None, typer.Option(help="file of Spark's settings for a kind of cluster, such as conf/cluster/yarn.yaml")
]
