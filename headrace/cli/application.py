"""The Typer application: global options, logging, output and exit codes, which all commands share."""

import json
import logging
import sys
from typing import Annotated, Any, NoReturn

import typer

from headrace import __version__
from headrace.cli.help_and_usage_errors import PlainGroup
from headrace.engines.fast_keras_import import import_engines_lean
from headrace.engines.local_modules_shadowing_engines import require_visible_engines
from headrace.engines.stderr_noise_filter import quiet_tensorflow
from headrace.errors import ConfigurationError, DiskError, HeadraceError
from headrace.processes.closed_stderr import discard_output, ignore_lost_stderr_reader
from headrace.processes.interruption import CommandInterruptedError, SignalHandling, handled_signals, ignore_signals

log = logging.getLogger(__name__)

# Options of every command; users type them before or after its name. Some commands have a --version of their own.
GLOBAL_OPTIONS = frozenset(("--quiet", "-q", "--verbose", "-v"))

# Removes the progress bar of Spark, or a line of progress, from the line of a terminal.
CLEAR_LINE = "\r\x1b[K"

app = typer.Typer(
    name="headrace",
    cls=PlainGroup,
    help="Raw data to a trained Keras model, on the Spark cluster you already have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="log only warnings")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="log details, and the traceback of an error")
    ] = False,
) -> None:
    """Log what the options ask for, before or after the command's name."""
    if version:
        print(__version__)
        raise typer.Exit
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other")
    line = "%(asctime)s %(name)s: %(message)s" if verbose else "%(asctime)s %(message)s"
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, format=_line_start() + line, datefmt="%H:%M:%S"
    )
    if verbose:
        logging.getLogger("headrace").setLevel(logging.DEBUG)
    # py4j logs every call between Python and the JVM; only its warnings matter to users.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    require_visible_engines()


def _print_line(text: str) -> None:
    """Print a line for people on standard error."""
    print(f"{_line_start()}{text}", file=sys.stderr)


def _line_start() -> str:
    """Return what a line of standard error begins with: on a terminal the bar of Spark may stand there."""
    return CLEAR_LINE if sys.stderr.isatty() else ""


def print_result(result: dict[str, Any], table: str = "") -> None:
    """Print the result of a command as one JSON object on the last line of standard output.

    Args:
        table: the result for people, for standard error; `--quiet` leaves it out.
    """
    if table and logging.getLogger().isEnabledFor(logging.INFO):
        _print_line(table)
    # PYTHONIOENCODING may name an encoding that lacks a letter of a path; JSON can do without it.
    has_all_letters = (sys.stdout.encoding or "utf-8").lower() in ("utf-8", "utf8")
    _print(json.dumps(result, ensure_ascii=not has_all_letters))


def print_text(text: str) -> None:
    """Print lines for people on standard output; a letter that its encoding lacks is escaped, as in YAML."""
    encoding = sys.stdout.encoding or "utf-8"
    _print(text.encode(encoding, "backslashreplace").decode(encoding))


def _print(text: str) -> None:
    sys.stderr.flush()
    try:
        print(text, flush=True)
    except OSError as error:
        # Python would try again when it exits.
        discard_output(1)
        error.filename = "standard output"
        raise


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code.

    Exit codes: 0 success, 1 any other error, 2 usage, 3 data, 4 training, 5 gate, 130 SIGINT, 143 SIGTERM.
    """
    try:
        with handled_signals() as signals:
            try:
                _run(arguments)
            except BaseException as error:
                if not isinstance(error, CommandInterruptedError) and not signals.ending.is_set():
                    raise
                # Blocks that are left because of an interruption may raise errors, which mean nothing.
                _exit_interrupted(signals, error)
    finally:
        if arguments is None:
            # The process ends next, as the command of a user.
            ignore_signals()


def _exit_interrupted(signals: SignalHandling, error: BaseException) -> NoReturn:
    if not signals.ending.is_set():
        signals.end_processes()
    signals.report(error.detail if isinstance(error, CommandInterruptedError) else "")
    sys.exit(signals.exit_code)


def _run(arguments: list[str] | None) -> None:
    if arguments is None:
        ignore_lost_stderr_reader()
    quiet_tensorflow()
    import_engines_lean()
    try:
        _require_file_names()
        app(_global_options_first(sys.argv[1:] if arguments is None else arguments))
    except ModuleNotFoundError as error:
        _print_line(f"headrace: {_describe_missing_engine(error)}")
        sys.exit(ConfigurationError.exit_code)
    except HeadraceError as error:
        log.debug("The command ends with this error.", exc_info=True)
        _print_line(f"headrace: {error}")
        sys.exit(error.exit_code)
    except Exception as error:
        from headrace.storage.disk_errors import describe

        # Everything else is a bug, for which Python prints a traceback.
        if (sentence := describe(error)) is None:
            raise
        _print_line(f"headrace: {sentence}")
        sys.exit(DiskError.exit_code)


def _global_options_first(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options in front, where Typer expects them; `--` ends the options."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, rest = arguments[:end], arguments[end:]
    leading = [option for option in options if option in GLOBAL_OPTIONS]
    return [*leading, *(option for option in options if option not in GLOBAL_OPTIONS), *rest]


def _require_file_names() -> None:
    """Raise if Python cannot read file names with letters beyond ASCII.

    Raises:
        ConfigurationError: the locale is C, and PYTHONUTF8=0 keeps Python from using UTF-8 anyway.
    """
    if sys.getfilesystemencoding() == "ascii":
        raise ConfigurationError(
            "Python reads file names as ASCII, because the locale is C and PYTHONUTF8 is 0. Set LC_ALL=C.UTF-8, or "
            "unset PYTHONUTF8."
        )


def _describe_missing_engine(error: ModuleNotFoundError) -> str:
    """Return the message about an engine that is not installed.

    Raises:
        ModuleNotFoundError: the missing module is not an engine.
    """
    from headrace.engines.supported_versions import BY_MODULE, missing_engine

    engine = BY_MODULE.get((error.name or "").partition(".")[0])
    if engine is None or engine.is_installed:
        raise error
    return missing_engine(engine)
