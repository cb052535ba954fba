"""Arguments and options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from headrace.config import Configuration


def location(argument: str | Path) -> Path:
    """Return the local folder or s3:// address that `argument` names.

    Typer also passes defaults to a parser, and those are `Path` objects already.

    Raises:
        typer.BadParameter: the address has another scheme or holds credentials.
    """
    if isinstance(argument, Path) or "://" not in argument:
        return Path(argument)
    from headrace.config.path_validators import require_location

    return _validated(argument, require_location)


def input_location(argument: str | Path) -> Path:
    """Return the location as `location` does; `./-` is a file, and `-` is standard input.

    Raises:
        typer.BadParameter: as `location`.
    """
    path = location(argument)
    return path.absolute() if str(path) == "-" and str(argument) != "-" else path


def local_path(argument: str | Path) -> Path:
    """Return the local path that `argument` names; refuse an address, which `Path` would take for a relative path.

    As in `location`, a default of an option arrives as a `Path`.

    Raises:
        typer.BadParameter: `argument` is an address.
    """
    if isinstance(argument, Path) or "://" not in argument:
        return Path(argument)
    from headrace.config.path_validators import require_path

    return _validated(argument, require_path)


def _validated(address: str, rule: Callable[[str], str]) -> Path:
    from headrace.storage import locate

    try:
        return locate(rule(address))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


# Every table has these splits alone. Another name is wrong usage; a split without a row is unsuitable data.
SplitName = Literal["train", "val", "test"]

Conf = Annotated[Path, typer.Argument(metavar="CONF", help="configuration file (YAML)")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[key=value]...", help="overrides, such as train.ranks=4")
]
SparkSettings = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="file of Spark settings for a cluster, such as conf/cluster/yarn.yaml"),
]

ReaderOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="option of the reader of a file of texts, such as sep=; or encoding=latin-1",
    ),
]


def reader_options(given: list[str] | None) -> dict[str, str]:
    """Return the options of a reader from words such as sep=;

    Raises:
        typer.BadParameter: a word is not NAME=VALUE.
    """
    pairs = [word.partition("=") for word in given or ()]
    wrong = next((name for name, equals, _ in pairs if not equals or not name), None)
    if wrong is not None:
        raise typer.BadParameter(f"--option {wrong}: expected NAME=VALUE, such as sep=;")
    return {name: value for name, _, value in pairs}


def load_configuration(conf: Path, overrides: list[str] | None = None) -> "Configuration":
    """Return the configuration of a command. Errors are reported before anything heavy is imported.

    Raises:
        ConfigurationError: the file or an override is invalid.
    """
    from headrace.config import load

    return load(conf, overrides or ())
