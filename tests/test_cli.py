"""The command line answers at once, and a mistake is one sentence with its exit code."""

import json
import resource
import sys
from pathlib import Path

import pytest

from headrace import cli
from tests.support.commands import headrace, headrace_within, run

VERBS = (
    "init", "fetch", "prepare", "inspect", "vacuum", "stream", "networks", "train", "tune", "evaluate", "predict",
    "retrain", "watch", "report", "check", "config", "explain", "export",
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


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_imports_nothing_heavy_and_answers_within_a_second(tmp_path: Path) -> None:
    began = seconds_of_children()
    listed = headrace("--help", cwd=tmp_path).stdout
    # The processor's seconds: those of the clock depend on what else the machine does.
    assert seconds_of_children() - began < 1.0
    assert all(verb in listed for verb in VERBS)
    code = f"import sys, headrace.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert run([sys.executable, "-c", code], cwd=tmp_path).stdout.strip() == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(verb: str, tmp_path: Path) -> None:
    assert f"Example: headrace {verb}" in headrace_within(verb, "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_also_a_program_with_the_same_words(verb: str, root: Path, tmp_path: Path) -> None:
    elsewhere = {"inspect": "jobs/inspect_table.py", "retrain": "pipelines/retrain.py"}
    program = root / elsewhere.get(verb, f"jobs/{verb}.py")
    as_program = run([sys.executable, str(program), "--help"], cwd=tmp_path).stdout
    as_command = headrace_within(verb, "--help", cwd=tmp_path).stdout
    assert as_program.split("Options")[1] == as_command.split("Options")[1]


@pytest.mark.parametrize("verb", ["list", "promote", "rollback", "compare"])
def test_the_verbs_of_models_explain_themselves_too_and_are_a_program(verb: str, root: Path, tmp_path: Path) -> None:
    as_command = headrace_within("models", verb, "--help", cwd=tmp_path).stdout
    assert f"Example: headrace models {verb} conf/retraining.yaml" in as_command
    as_program = run([sys.executable, str(root / "jobs/models.py"), verb, "--help"], cwd=tmp_path).stdout
    assert as_program.split("Options")[1] == as_command.split("Options")[1]


def test_an_unknown_verb_is_a_usage_error(tmp_path: Path) -> None:
    assert "No such command" in headrace("trian", cwd=tmp_path, code=2).stderr


def test_config_prints_every_key_resolved_and_the_schema(root: Path, tmp_path: Path) -> None:
    shown = headrace("config", str(root / "conf/fashion_mnist.yaml"), "train.ranks=7", cwd=tmp_path).json
    assert shown["train"]["ranks"] == 7
    assert shown["prepare"]["duplicates"] == "keep"
    assert "train" in headrace("config", "--schema", cwd=tmp_path).json["properties"]


@pytest.mark.parametrize("name", [path.stem for path in (Path(__file__).parents[1] / "conf").glob("*.yaml")])
def test_every_shipped_configuration_is_valid(name: str, root: Path, tmp_path: Path) -> None:
    shown = headrace_within("config", str(root / "conf" / f"{name}.yaml"), cwd=tmp_path)
    assert (root / json.loads(shown.stdout)["model"]["file"]).is_file()


def test_init_copies_a_configuration_and_a_network_and_overwrites_nothing(tmp_path: Path) -> None:
    headrace("init", "mine", cwd=tmp_path)
    assert (tmp_path / "mine/conf/images.yaml").exists()
    assert (tmp_path / "mine/models/cnn.py").exists()
    assert "would be overwritten" in headrace("init", "mine", cwd=tmp_path, code=2).last_error_line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["inspect", "gs://bucket/table"], "gs:// is not supported; expected a folder or s3://bucket/folder"),
        (["inspect", "s3://id:hush@bucket/table"], "the address holds credentials"),
        (
            ["evaluate", "gs://bucket/bundle", "--table", "t"],
            "gs:// is not supported; expected a folder or s3://bucket/folder",
        ),
        (["report", "gs://bucket/run"], "gs:// is not supported; expected a folder or s3://bucket/folder"),
        (["export", "bundle", "s3://bucket/out", "--to", "onnx"], "expected a folder of this machine, not an address"),
        (["explain", "bundle", "photos", "s3://bucket/page.html"], "expected a folder of this machine, not an address"),
        (["fetch", "digits", "s3://bucket/raw"], "expected a folder of this machine, not an address"),
        (
            ["predict", "bundle", "s3://bucket/raw", "hdfs://host/answers"],
            "hdfs:// is accepted only by data.source.path",
        ),
    ],
)
def test_addresses_that_are_not_taken_are_refused_and_make_no_folder(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert said in shown.err
    assert "hush" not in shown.err + shown.out
    assert not list(tmp_path.iterdir())
