"""The command line: fast start-up, help, programs in jobs/, and one-sentence errors with an exit code."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from headrace import check, cli
from headrace.check import CheckRow, Report
from headrace.cli import application
from tests.support.commands import child_cpu_seconds, headrace, headrace_within, program_within, run

VERBS = (
    "init", "fetch", "prepare", "inspect", "vacuum", "read-epoch", "networks", "train", "tune", "evaluate", "predict",
    "retrain", "schedule", "report", "check", "config", "explain", "export", "convert", "runs", "compare",
)  # fmt: skip
HEAVY = (
    "tensorflow",
    "keras",
    "pyspark",
    "pyarrow",
    "petastorm",
    "horovod",
    "numpy",
    "PIL",
    "deltalake",
    "mlflow",
    "sqlalchemy",
    "apscheduler",
    "optuna",
    "onnx",
)


def test_help_is_fast_and_imports_nothing_heavy(tmp_path: Path) -> None:
    began = child_cpu_seconds()
    listed = headrace("--help", cwd=tmp_path).stdout
    # CPU time, because wall time depends on what else the machine does.
    assert child_cpu_seconds() - began < 1.0
    assert all(verb in listed for verb in VERBS)
    code = f"import sys, headrace.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert run([sys.executable, "-c", code], cwd=tmp_path).stdout.strip() == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_command_has_an_example(verb: str, tmp_path: Path) -> None:
    assert f"Example: headrace {verb}" in headrace_within(verb, "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_command_is_also_a_program_with_the_same_options(verb: str, root: Path, tmp_path: Path) -> None:
    elsewhere = {"inspect": "jobs/inspect_table.py", "retrain": "pipelines/retrain.py"}
    program = root / elsewhere.get(verb, f"jobs/{verb.replace('-', '_')}.py")
    as_program = program_within(program, "--help", cwd=tmp_path).stdout
    as_command = headrace_within(verb, "--help", cwd=tmp_path).stdout
    assert as_program.split("Options")[1] == as_command.split("Options")[1]


@pytest.mark.parametrize("program", ["jobs/train.py", "pipelines/retrain.py"])
def test_program_is_a_process_in_whose_folder_no_file_hides_a_module(program: str, root: Path, tmp_path: Path) -> None:
    """The folder of the program is the first in which Python looks for modules."""
    assert "Options" in run([sys.executable, str(root / program), "--help"], cwd=tmp_path).stdout


@pytest.mark.parametrize("verb", ["list", "promote", "rollback", "compare", "repair"])
def test_models_commands_have_an_example_and_a_program(verb: str, root: Path, tmp_path: Path) -> None:
    as_command = headrace_within("models", verb, "--help", cwd=tmp_path).stdout
    assert f"Example: headrace models {verb} conf/retraining.yaml" in as_command
    as_program = program_within(root / "jobs/models.py", verb, "--help", cwd=tmp_path).stdout
    assert as_program.split("Options")[1] == as_command.split("Options")[1]


@pytest.mark.parametrize(("before", "after"), [((), ()), (("-q",), ()), ((), ("--quiet",))])
def test_quiet_works_before_and_after_the_command(
    before: tuple[str, ...], after: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("text;label\none;a\n")
    result = headrace(*before, "inspect", "table.csv", "--raw", *after, cwd=tmp_path)
    assert ("are separated by ';'" in result.stderr) == (not before and not after)


def test_verbose_adds_the_traceback_of_an_error(tmp_path: Path) -> None:
    expected = "headrace: nowhere is not a prepared table"
    result = headrace("inspect", "nowhere", "-v", cwd=tmp_path, code=3)
    assert "Traceback" in result.stderr
    assert expected in result.stderr
    assert headrace("inspect", "nowhere", cwd=tmp_path, code=3).stderr.startswith(expected)


def test_options_of_the_command_stay_where_they_are() -> None:
    assert application._global_options_first(["fetch", "-v", "--", "--quiet"]) == ["-v", "fetch", "--", "--quiet"]
    assert application._global_options_first(["inspect", "t", "--version", "0"]) == ["inspect", "t", "--version", "0"]


def test_shell_completion_lists_commands(tmp_path: Path) -> None:
    environment = {"_HEADRACE_COMPLETE": "complete_bash", "COMP_WORDS": "headrace pre", "COMP_CWORD": "1"}
    command = [str(Path(sys.executable).parent / "headrace")]
    assert run(command, cwd=tmp_path, **environment).stdout.split() == ["prepare", "predict"]


def test_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    assert "No such command" in headrace("trian", cwd=tmp_path, code=2).stderr


def test_config_prints_resolved_keys_and_the_schema(root: Path, tmp_path: Path) -> None:
    words = ("config", str(root / "conf/fashion_mnist.yaml"), "train.ranks=7")
    shown = headrace_within(*words, "--json", cwd=tmp_path).json
    assert shown["train"]["ranks"] == 7
    assert shown["prepare"]["duplicates"] == "keep"
    assert yaml.safe_load(headrace_within(*words, cwd=tmp_path).stdout) == shown
    schema = headrace_within("config", "--schema", cwd=tmp_path).stdout
    assert "train" in json.loads(schema)["properties"]
    assert '\n  "$defs": {\n' in schema


def test_config_explains_a_key_and_names_the_nearest_of_a_wrong_one(tmp_path: Path) -> None:
    explained = headrace_within("config", "--explain", "train.optimizer", cwd=tmp_path).stdout
    assert "learning_rate (default: 0.001): learning rate before scaling" in explained
    refused = headrace_within("config", "--explain", "train.optimiser", cwd=tmp_path, code=2).stderr
    assert "unknown key `train.optimiser`; did you mean `train.optimizer`?" in refused


@pytest.mark.parametrize("name", [path.stem for path in (Path(__file__).parents[1] / "conf").glob("*.yaml")])
def test_shipped_configurations_are_valid(name: str, root: Path, tmp_path: Path) -> None:
    shown = headrace_within("config", str(root / "conf" / f"{name}.yaml"), "--json", cwd=tmp_path)
    assert (root / json.loads(shown.stdout)["model"]["file"]).is_file()


def test_init_copies_configuration_and_network_and_overwrites_nothing(tmp_path: Path) -> None:
    headrace("init", "mine", cwd=tmp_path)
    assert (tmp_path / "mine/conf/images.yaml").exists()
    assert (tmp_path / "mine/models/cnn.py").exists()
    assert "would be overwritten" in headrace("init", "mine", cwd=tmp_path, code=2).last_error_line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["inspect", "wasbs://bucket/table"],
            "wasbs:// is not supported; expected a folder or s3://bucket/folder, gs://bucket/folder",
        ),
        (["inspect", "s3://id:hush@bucket/table"], "the address holds credentials"),
        (
            ["evaluate", "wasbs://bucket/bundle", "--table", "t"],
            "wasbs:// is not supported; expected a folder or s3://bucket/folder, gs://bucket/folder",
        ),
        (
            ["report", "wasbs://bucket/run"],
            "wasbs:// is not supported; expected a folder or s3://bucket/folder, gs://bucket/folder",
        ),
        (["export", "bundle", "s3://bucket/out", "--to", "onnx"], "expected a folder of this machine, not an address"),
        (
            ["convert", "table", "s3://bucket/out", "--format", "webdataset"],
            "expected a folder of this machine, not an address",
        ),
        (["explain", "bundle", "photos", "s3://bucket/page.html"], "expected a folder of this machine, not an address"),
        (["fetch", "digits", "s3://bucket/raw"], "expected a folder of this machine, not an address"),
        (
            ["predict", "bundle", "s3://bucket/raw", "hdfs://host/answers"],
            "hdfs:// is accepted only by data.source.path",
        ),
    ],
)
def test_unsupported_addresses_are_refused_and_create_no_folder(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exited:
        cli.main(arguments)
    shown = capsys.readouterr()
    assert exited.value.code == 2
    assert message in shown.err
    assert "hush" not in shown.err + shown.out
    assert not list(tmp_path.iterdir())


def test_check_cluster_uses_the_current_folder_as_default_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--store` has a `Path` as its default, which Typer passes to the parser too."""
    row = CheckRow(name="Executors", found="2", needed="", ok=True)
    monkeypatch.setattr(check, "check", lambda slots, settings, cluster: Report((row,)))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exited:
        cli.main(["check", "--cluster"])
    assert exited.value.code == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_command_refuses_ascii_file_names_by_the_name_of_the_locale(tmp_path: Path) -> None:
    done = headrace("config", "--schema", cwd=tmp_path, code=2, LC_ALL="C", PYTHONUTF8="0")
    assert "the locale is C and PYTHONUTF8 is 0. Set LC_ALL=C.UTF-8" in done.last_error_line


def test_result_is_json_in_any_encoding_of_standard_output(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text(
        "data: {source: {kind: folder, path: bildér}, table: table}\nmodel: {file: m.py}\ntrain: {run: run}"
    )
    shown = headrace("config", "conf.yaml", "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert shown.json["data"]["source"]["path"].endswith("bildér")
    assert shown.stdout.isascii()
    readable = headrace("config", "conf.yaml", cwd=tmp_path, PYTHONIOENCODING="ascii").stdout
    assert yaml.safe_load(readable) == shown.json
