"""The Typer application: global options, logging, output and exit codes, which all commands share."""

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
    quiet: Annotated[bool, typer.Option("--quiet", help="log only warnings")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    # py4j logs every call between Python and the JVM; only its warnings matter to users.
    logging.getLogger("py4j").setLevel(logging.WARNING)


def print_result(result: dict[str, Any]) -> None:
    """Print the result of a command as one JSON object on the last line of standard output."""
    sys.stderr.flush()
    print(json.dumps(result, ensure_ascii=False), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code.

    Exit codes: 0 success, 1 any other error, 2 usage, 3 data, 4 training, 5 gate, 130 interrupted.
    """
    quiet_tensorflow()
    try:
        app(arguments)
    except ModuleNotFoundError as error:
        print(f"headrace: {_describe_missing_engine(error)}", file=sys.stderr)
        sys.exit(ConfigurationError.exit_code)
    except HeadraceError as error:
        print(f"headrace: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("headrace: interrupted", file=sys.stderr)
        sys.exit(130)


def _describe_missing_engine(error: ModuleNotFoundError) -> str:
    """Return the message about an engine that is not installed.

    Raises:
        ModuleNotFoundError: the missing module is not an engine.
    """
    from headrace.engines.compatibility import BY_MODULE, missing_engine

    engine = BY_MODULE.get((error.name or "").partition(".")[0])
    if engine is None or engine.is_installed:
        raise error
    return missing_engine(engine)
