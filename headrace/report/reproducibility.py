"""List what is needed to reproduce a run: commands, versions, hashes and the configuration without secrets."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headrace.config.secrets_and_environment_variables import WITHHELD, is_hidden, withhold_secrets
from headrace.config.sections.source import DATAFRAME
from headrace.processes.prepare_command_from_training_command import is_override, is_train, prepare_command, split_line
from headrace.report.data_section import TableData
from headrace.report.run_folder_files import RunArtifacts, RunFile
from headrace.wording import quantity

# Packages and the spelling their projects use, in the order of the page.
NAMES = {
    "headrace": "Headrace",
    "python": "Python",
    "pyspark": "Spark",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "horovod": "Horovod",
    "petastorm": "Petastorm",
    "pyarrow": "pyarrow",
    "deltalake": "deltalake",
    "numpy": "NumPy",
}

# The programs that run the cells of a notebook.
KERNELS = frozenset(("ipykernel_launcher.py", "colab_kernel_launcher.py"))
DATAFRAME_NOTE = (
    "The table was prepared from a DataFrame, which no command reads again: run the program or the notebook that "
    "called headrace.prepare."
)


def _is_prepare(command: str) -> bool:
    """Return whether a command prepares, and does nothing else, as `headrace retrain` does."""
    return any(word == "prepare" or Path(word).name == "prepare.py" for word in split_line(command)[:3])


def train_commands(run: RunFile) -> list[str]:
    """Return the commands that train the run, with its epochs.

    A run that was continued by another `train.epochs` equals one of that length from the start, unless its learning
    rate depends on the length: then every command before the last one is needed too. A command of more epochs than the
    last one would train them all.
    """
    if not run.continuations:
        return [run.command]
    epochs = _epochs_of_commands(run)
    needed = epochs if _depends_on_length(run) and max(epochs) == run.epochs else epochs[-1:]
    return [_with_epochs(run.command, number) for number in needed]


def continuation_note(run: RunFile) -> str:
    """Return how a continued run is reproduced; empty for any other run."""
    if not run.continuations:
        return ""
    epochs = _epochs_of_commands(run)
    change = "continued" if epochs == sorted(epochs) else "changed"
    prefix = f"The run was {change} from {' to '.join(map(str, epochs))} epochs"
    if not _depends_on_length(run):
        return f"{prefix}. A run of {quantity(run.epochs, 'epoch')} from the start has the same weights."
    if all(before.complete for before in run.continuations):
        return (
            f"{prefix}. Its cosine schedule spans the epochs of each command, so that a run of {run.epochs} epochs "
            "from the start has other weights: run all of the train commands, in this order, on one new train.run."
        )
    return (
        f"{prefix} before it was complete. Its cosine schedule spans the epochs of each command, and changed in the "
        "middle of a command: no commands give exactly these weights again."
    )


def _epochs_of_commands(run: RunFile) -> list[int]:
    """Return the `train.epochs` of each command that changed them, the last one included."""
    return [*(before.epochs for before in run.continuations), run.epochs]


def _depends_on_length(run: RunFile) -> bool:
    return run.configuration.train.optimizer.schedule.kind == "cosine"


def _with_epochs(training: str, epochs: int) -> str:
    """Return the `training` command with this `train.epochs`; a program of the user's own unchanged."""
    arguments = split_line(training)
    if not any(map(is_train, arguments)):
        return training
    kept = (argument for argument in arguments if not argument.startswith("train.epochs="))
    return shlex.join([*kept, f"train.epochs={epochs}"])


def _with_version(training: str, run: RunFile) -> str:
    """Return the `training` command with the version that the run read: without it, it reads the newest."""
    is_named = run.configuration.train.data_version is not None
    if is_named or not any(map(is_train, split_line(training))):
        return training
    return f"{training} train.data_version={run.data_version}"


def _is_newest(run: RunFile, data: TableData | None) -> bool:
    """Return whether the run read a later version than 0, and the newest one.

    A command without a number then reads the same rows here, and in an empty folder, where `prepare` makes version 0
    of them. Version 0 has this number everywhere.
    """
    return data is not None and data.newest == run.data_version > 0


def _without_version(evaluation: str) -> str:
    """Return a command that evaluates without the number of the version."""
    return re.sub(r" --version [0-9]+(?= |$)", "", evaluation)


def _without_full(preparation: str) -> str:
    """Return a command that prepares without --full, which would write an equal version where there is one."""
    arguments = split_line(preparation)
    return shlex.join(one for one in arguments if one != "--full") if "--full" in arguments else preparation


def version_note(run: RunFile, data: TableData | None) -> str:
    """Return what the commands lack where the table does not exist yet; empty if they need no change."""
    if run.data_version == 0:
        return ""
    if data is None or data.summary.has_history:
        return (
            f"The run read version {run.data_version} of the table, which was prepared on top of earlier versions and "
            f"may have rows and the order of its classes from them. {_in_an_empty_folder(run, data)} It may train "
            f"other weights: to get these again, keep the table, and train on its version {run.data_version} with "
            "another train.run."
        )
    if _is_newest(run, data):
        return ""
    return f"The run read version {run.data_version} of the table, which has others. {_in_an_empty_folder(run, data)}"


def _in_an_empty_folder(run: RunFile, data: TableData | None) -> str:
    numbers = "" if _is_newest(run, data) else ": leave out the numbers of the versions"
    return f"In a folder without the table, `prepare` makes version 0 of the files that are there now{numbers}."


def evaluate_command(bundle: Path, table: str, version: int) -> str:
    """Return the command that evaluates the bundle on the test split of its training version."""
    return shlex.join(["headrace", "evaluate", str(bundle), "--table", table, "--version", str(version)])


def report_command(run: Path) -> str:
    """Return the command that rewrites the page."""
    return shlex.join(["headrace", "report", str(run)])


def without_secrets(command: str) -> str:
    """Return `line` without the values of overrides that name a secret."""
    arguments = split_line(command)
    masked = [_mask(argument) for argument in arguments]
    return command if masked == arguments else shlex.join(masked)


def _mask(argument: str) -> str:
    key, _, _ = argument.partition("=")
    return f"{key}={WITHHELD}" if is_override(argument) and is_hidden(key) else argument


@dataclass(frozen=True)
class Digest:
    """A hash and a description of the hashed content."""

    content: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """Everything that determines the result; `note` says what to know about the commands."""

    commands: tuple[str, ...]
    note: str
    versions: dict[str, str]
    digests: tuple[Digest, ...]
    configuration: str


def reproduction(folder: RunArtifacts, data: TableData | None) -> Reproduction:
    """Return the reproduction section from run, table and bundle."""
    return Reproduction(
        commands=tuple(dict.fromkeys(map(without_secrets, _commands(folder, data)))),
        note=" ".join(filter(None, _notes(folder.run, data))),
        versions=_versions(folder.run.versions),
        digests=tuple(_digests(folder, data)),
        configuration=yaml.safe_dump(_settings(folder, data), sort_keys=False, allow_unicode=True),
    )


def _notes(run: RunFile, data: TableData | None) -> list[str]:
    if _is_from_dataframe(run, data):
        return [DATAFRAME_NOTE, continuation_note(run)]
    return [continuation_note(run), version_note(run, data)]


def _is_from_dataframe(run: RunFile, data: TableData | None) -> bool:
    """Return whether the table was prepared from a DataFrame of a program."""
    source = data.summary.data.get("source", {}) if data else {}
    return source.get("format") == DATAFRAME if source else run.configuration.data.source.is_dataframe


def _program_command(command: str) -> list[str]:
    """Return the command that runs a program in Python, or any other as it is; none of a notebook, which has none."""
    program, *arguments = split_line(command)
    if Path(program).name in KERNELS:
        return []
    return [shlex.join(["python", program, *arguments]) if program.endswith(".py") else command]


def _settings(folder: RunArtifacts, data: TableData | None) -> dict[str, Any]:
    """Return the run's configuration with the version of the table, and with the sections that prepared it."""
    settings: dict[str, Any] = withhold_secrets(folder.run.configuration.model_dump(mode="json"))
    settings["train"]["data_version"] = folder.run.data_version
    if data and data.summary.data:
        settings["data"] = data.summary.data | {"table": settings["data"]["table"]}
        settings["prepare"] = data.summary.settings
    return settings


def _commands(folder: RunArtifacts, data: TableData | None) -> list[str]:
    evaluations = [evaluation.command for evaluation in folder.evaluations]
    prepared = data.summary.command if data else ""
    training = train_commands(folder.run)
    evaluations = evaluations or [evaluate_command(folder.bundle, folder.run.table, folder.run.data_version)]
    if _is_newest(folder.run, data):
        evaluations = list(map(_without_version, evaluations))
    else:
        training = [_with_version(command, folder.run) for command in training]
    if _is_from_dataframe(folder.run, data):
        preparation = []
    else:
        preparation = [_without_full(prepared) if _is_prepare(prepared) else prepare_command(folder.run.command)]
    if not any(map(is_train, split_line(folder.run.command))):
        training = [line for command in training for line in _program_command(command)]
    return [
        *preparation,
        *training,
        *evaluations,
        report_command(folder.path),
    ]


def _versions(versions: dict[str, str]) -> dict[str, str]:
    recorded = {name.lower().removesuffix("-cpu"): name for name in versions}
    known = {NAMES[name]: versions[recorded[name]] for name in NAMES if name in recorded}
    return known | {name: versions[name] for key, name in sorted(recorded.items()) if key not in NAMES}


def _digests(folder: RunArtifacts, data: TableData | None) -> list[Digest]:
    digests = [Digest("model source", folder.run.model_sha256)]
    if data:
        digests.insert(
            0, Digest(f"data version {folder.run.data_version}, its records and settings", data.summary.fingerprint)
        )
    if folder.result:
        digests.append(Digest("trained weights", folder.result.weights_sha256))
    return digests + [Digest(f"bundle, {name}", value) for name, value in sorted(folder.bundle_hashes.items())]
