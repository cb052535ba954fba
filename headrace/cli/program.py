"""The program itself: what all verbs have in common."""

import json
import logging
import sys
from typing import Annotated, Any

import typer

from headrace import __version__
from headrace.engines.log_filter import quiet_tensorflow
from headrace.errors import ConfigurationError, HeadraceError

app = typer.Typer(
    name="headrace",
    help="Raw images and text to a trained Keras model, on the Spark cluster you already have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="only warnings in the log")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    # Spark's bridge tells of every call; only its warnings are for people.
    logging.getLogger("py4j").setLevel(logging.WARNING)


def print_result(result: dict[str, Any]) -> None:
    """Print what came of a verb, as one JSON object on the last line."""
    sys.stderr.flush()
    print(json.dumps(result, ensure_ascii=False), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 2 usage, 3 data, 4 training, 5 gate, 1 anything else."""
    quiet_tensorflow()
    try:
        app(arguments)
    except ModuleNotFoundError as error:
        print(f"headrace: {_missing(error)}", file=sys.stderr)
        sys.exit(ConfigurationError.exit_code)
    except HeadraceError as error:
        print(f"headrace: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("headrace: interrupted", file=sys.stderr)
        sys.exit(130)


def _missing(error: ModuleNotFoundError) -> str:
    """The sentence about an engine that is not installed.

    Raises:
        ModuleNotFoundError: another module is missing.
    """
    from headrace.engines.compatibility import BY_MODULE, missing_engine

    engine = BY_MODULE.get((error.name or "").partition(".")[0])
    if engine is None or engine.is_installed:
        raise error
    return missing_engine(engine)
