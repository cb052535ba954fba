"""Words that several verbs take."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from headrace.config import Configuration


def location(word: str | Path) -> Path:
    """A folder of this machine, or an address of a bucket; Typer also gives a default, which is a path already.

    Raises:
        typer.BadParameter: it is another address, or holds credentials.
    """
    if isinstance(word, Path) or "://" not in word:
        return Path(word)
    from headrace.config.base import require_location

    return _accepted(word, require_location)


def local_path(word: str | Path) -> Path:
    """A folder of this machine; one on S3 would be taken for a path. As with `location`, it may be a default.

    Raises:
        typer.BadParameter: it is an address.
    """
    if isinstance(word, Path) or "://" not in word:
        return Path(word)
    from headrace.config.base import require_path

    return _accepted(word, require_path)


def _accepted(word: str, rule: Callable[[str], str]) -> Path:
    from headrace.storage import locate

    try:
        return locate(rule(word))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Conf = Annotated[Path, typer.Argument(metavar="CONF", help="configuration file (YAML)")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[key=value]...", help="such as train.ranks=4")]
SparkSettings = Annotated[
    Path | None, typer.Option(help="file of Spark's settings for a kind of cluster, such as conf/cluster/yarn.yaml")
]


def load_configuration(conf: Path, overrides: list[str] | None = None) -> "Configuration":
    """The configuration that a verb's words give; its mistakes are told before anything heavy is imported.

    Raises:
        ConfigurationError: the file or an override is wrong.
    """
    from headrace.config import load

    return load(conf, overrides or ())
