"""What every test may use: real images, and a table prepared from them by a real Spark session."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.quick_java.environment import quick_java

ROOT = Path(__file__).parent.parent

# Executors start the python3 of their PATH; tests must not depend on an activated environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.update(quick_java())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first: while the last file is run, the other of two processes has nothing to do.

    Tests that are marked `petastorm` are skipped where the whole of Petastorm cannot be imported.
    """
    pyarrow = version("pyarrow")
    if int(pyarrow.split(".")[0]) >= 15:
        reason = f"the whole of Petastorm needs pyarrow < 15, and {pyarrow} is installed; see docs/petastorm.md"
        for item in items:
            if item.get_closest_marker("petastorm"):
                item.add_marker(pytest.mark.skip(reason=reason))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all processes of this run of the tests."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """`folder`, filled by the first process of this run that asks for it; others wait."""
    from headrace.lock import locked

    made = folder.with_suffix(".made")
    with locked(folder.with_suffix(".lock"), "tests", wait=True):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def fashion_mnist(shared: Path) -> Path:
    """1,200 training and 200 test images of Fashion-MNIST as PNG files in class folders; do not change them."""
    from headrace.fetch import fetch

    return made_once(shared / "fashion-mnist", lambda folder: fetch("fashion-mnist", folder, limit=1200))


@pytest.fixture
def images(fashion_mnist: Path, tmp_path: Path) -> Path:
    """A copy of the images that a test may change."""
    copy = tmp_path / "raw"
    shutil.copytree(fashion_mnist, copy)
    return copy


@pytest.fixture(scope="session")
def workspace(fashion_mnist: Path, shared: Path) -> Path:
    """A folder with `conf.yaml`, `models/cnn.py` and `table`, prepared from the images; do not change the table."""

    def make(folder: Path) -> None:
        write_configuration(folder, fashion_mnist)
        headrace("prepare", "conf.yaml", cwd=folder)

    return made_once(shared / "workspace", make)


@pytest.fixture(scope="session")
def trained(workspace: Path, shared: Path) -> dict[str, Any]:
    """The result of one epoch on two ranks, by `headrace train` in `workspace`; do not change the run."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "result.json").write_text(json.dumps(headrace("train", "conf.yaml", cwd=workspace).json))

    found: dict[str, Any] = json.loads((made_once(shared / "trained", make) / "result.json").read_text())
    return found


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own: the table is shared through a link."""
    shutil.copy(workspace / "conf.yaml", tmp_path)
    shutil.copytree(workspace / "models", tmp_path / "models")
    (tmp_path / "table").symlink_to(workspace / "table")
    return tmp_path


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a real S3 server, which this process and those it starts find by their environment."""
    from tests.s3_server import environment, s3_server

    with s3_server() as url, pytest.MonkeyPatch.context() as patch:
        for key, value in environment(url).items():
            patch.setenv(key, value)
        yield url


@pytest.fixture
def bucket(s3: str) -> str:
    """The name of a new bucket."""
    from tests.s3_server import make_bucket

    name = f"bucket-{uuid.uuid4().hex[:12]}"
    make_bucket(s3, name)
    return name


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real HDFS, running; of `tests.hdfs_server`."""
    from tests.hdfs_server import hdfs_server

    with hdfs_server(tmp_path_factory.mktemp("hdfs")) as server:
        yield server


def write_configuration(folder: Path, raw: Path) -> None:
    """A configuration for small runs, with relative paths, as a user has it; 1 epoch takes 10 steps on 2 ranks."""
    shutil.copytree(ROOT / "models", folder / "models", dirs_exist_ok=True)
    (folder / "conf.yaml").write_text(
        f"""
data: {{source: {{kind: folder, path: {raw}}}, table: table}}
prepare: {{image: {{mode: L, size: [28, 28], codec: raw}}, shard_rows: 100}}
model: {{file: models/cnn.py, options: {{width: 4, dense: 16}}}}
train: {{run: run, ranks: 2, epochs: 1, batch_size: 64, checkpoint_every_steps: 5, log_every_steps: 1}}
"""
    )


class Answer:
    """What a command printed and how it ended."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the last line on standard output."""
        result: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return result

    @property
    def sentence(self) -> str:
        """The last line on standard error."""
        return self.stderr.strip().splitlines()[-1]


def headrace(*words: str, cwd: Path, code: int = 0, **environment: str) -> Answer:
    """Run `headrace words...` as a process of its own and check how it ends."""
    return run([sys.executable, "-m", "headrace", *words], cwd=cwd, code=code, **environment)


def run(command: list[str], cwd: Path, code: int = 0, **environment: str) -> Answer:
    """Run a command and check how it ends."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == code, f"{command} ended with {done.returncode}, not {code}:\n{done.stderr[-6000:]}"
    return Answer(done)


def headrace_within(*words: str, cwd: Path, code: int = 0) -> Answer:
    """As `headrace`, but within this process, which has TensorFlow already and, with the fixture `spark`, a session.

    For tests of what a verb does; its log is not in the answer.
    """
    from headrace import cli

    out, err = io.StringIO(), io.StringIO()
    printing = (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err))
    with contextlib.chdir(cwd), printing[0], printing[1], pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    assert ended.value.code == code, f"{words} ended with {ended.value.code}, not {code}:\n{err.getvalue()}"
    return Answer(subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue()))


@pytest.fixture(scope="session")
def spark(s3: str) -> Iterator[Any]:
    """One local Spark session for tests that call functions directly; executors have the environment of its start."""
    from headrace.config.sections import Spark
    from headrace.spark import session

    made = session("tests", Spark(), slots=2)
    yield made
    made.stop()
