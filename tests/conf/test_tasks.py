"""Every task in conf/ is valid, and its network exists; the quick ones run through the pipeline at small scale."""

import re
import shutil
from pathlib import Path

import pytest

from headrace.config import load
from headrace.fetch import DATASETS
from tests.support.commands import headrace_within
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

TASKS = sorted((ROOT / "conf").glob("*.yaml"))
FETCHED = [path for path in TASKS if "headrace fetch" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_shipped_configuration_is_valid_and_its_network_exists(path: Path) -> None:
    configuration = load(path)
    assert (ROOT / configuration.model.file).is_file()
    assert configuration.train.ranks == 2 or configuration.tune is not None


@pytest.mark.parametrize("path", FETCHED, ids=lambda path: path.stem)
def test_commands_in_header_name_data_run_and_configuration(path: Path) -> None:
    text, configuration = path.read_text("utf-8"), load(path)
    fetched = re.search(r"headrace fetch (\S+) (\S+)", text)
    assert fetched is not None
    assert fetched[1] in DATASETS
    assert configuration.data.source.path.startswith(fetched[2])
    assert f"headrace prepare conf/{path.name}" in text
    verb = "train" if configuration.tune is None else "tune"
    assert f"headrace {verb} conf/{path.name}" in text


@pytest.mark.long
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(("name", "limit"), [("movie_reviews", ("--limit", "400")), ("temperatures", ())])
def test_shipped_configuration_runs_at_small_scale(name: str, limit: tuple[str, ...], tmp_path: Path) -> None:
    text = (ROOT / "conf" / f"{name}.yaml").read_text("utf-8")
    (tmp_path / "conf.yaml").write_text(text)
    shutil.copytree(ROOT / "models", tmp_path / "models")
    fetched = re.search(r"headrace fetch (\S+) (\S+)", text)
    assert fetched is not None
    headrace_within("fetch", *fetched.groups(), *limit, cwd=tmp_path)
    table = headrace_within("prepare", "conf.yaml", cwd=tmp_path).json["table"]
    bundle = headrace_within("train", "conf.yaml", "train.epochs=1", cwd=tmp_path).json["bundle"]
    assert headrace_within("evaluate", bundle, "--table", table, cwd=tmp_path).json["metrics"]
