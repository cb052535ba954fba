"""The report page of a finished or unfinished training run: one self-contained HTML file."""

from pathlib import Path
from typing import Any

from headrace import __version__
from headrace.html.jinja_environment import environment
from headrace.html.line_chart import Chart, curve
from headrace.processes.prepare_command_from_training_command import configuration_file, prepare_command
from headrace.report.command_throughput import stages
from headrace.report.data_section import describe_data
from headrace.report.evaluation.report_section_interface import report_section_module
from headrace.report.reproducibility import (
    evaluate_command,
    reproduction,
    train_commands,
    without_secrets,
)
from headrace.report.run_folder_files import RunArtifacts, read_artifacts
from headrace.storage.atomic_files_and_folders import atomic_write

TEMPLATES = Path(__file__).parent
TARGETS = TEMPLATES.parent / "targets"
TEMPLATE = "page.html.jinja"


def write_report(run: Path, output: Path | None = None) -> Path:
    """Write the report page of the training run in the folder `run` and return its absolute path.

    The same run yields the same bytes. For a missing part, the page shows the command that creates it.

    Args:
        output: the HTML file; RUN/report.html when None.

    Raises:
        DataError: `run` is not the folder of a training run, or a file in it is damaged.
        OSError: `output` cannot be written.
    """
    page = _render(read_artifacts(run))
    output = (output or run / "report.html").absolute()
    # A path that is not valid UTF-8 must not prevent the report.
    atomic_write(output, page.encode("utf-8", "backslashreplace"))
    return output


def _render(folder: RunArtifacts) -> str:
    return environment(TEMPLATES, TARGETS).get_template(TEMPLATE).render(_template_values(folder))


def _template_values(folder: RunArtifacts) -> dict[str, Any]:
    described = describe_data(folder.run)
    data, problem = (None, described) if isinstance(described, str) else (described, None)
    training = folder.run.command
    return {
        "headrace_version": __version__,
        "name": folder.path.absolute().name,
        "configuration": configuration_file(training),
        "folder": folder,
        "run": folder.run,
        "result": folder.result,
        "parameters": folder.run.parameters or (folder.result.parameters if folder.result else None),
        "data": data,
        "data_problem": problem,
        "charts": _charts(folder),
        "throughput": curve(folder.history, "samples_per_second"),
        "assessments": [report_section_module(evaluation.task).assess(evaluation) for evaluation in folder.evaluations],
        "stages": stages(folder, data),
        "reproduction": reproduction(folder, data),
        "prepare_command": without_secrets(prepare_command(training)),
        "to_train": without_secrets(train_commands(folder.run)[-1]),
        "evaluate_command": evaluate_command(folder.bundle, folder.run.table, folder.run.data_version),
    }


def _charts(folder: RunArtifacts) -> list[Chart]:
    charts = (curve(folder.history, name) for name in folder.history.metrics)
    return [chart for chart in charts if chart]
