"""What every test may use: real images, and a table prepared from them by a real Spark session."""

import gc
import json
import os
import re
import shutil
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from headrace.engines.fast_keras_import import import_engines_lean
from tests.quick_java.environment import quick_java
from tests.support.commands import headrace
from tests.support.workspace import ROOT, link_workspace, make_once, write_configuration

# What is imported while tests are collected lives as long as the process; see `pytest_collection_finish`.
gc.disable()
import_engines_lean()
# Executors start the python3 of their PATH; tests must not depend on an activated environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.update(quick_java())
# The same examples in each run; and no deadline, as the machine may be busy with other work.
settings.register_profile("headrace", deadline=None, derandomize=True)
settings.load_profile("headrace")


# What a fixture starts, directly or through others, as markers; a test that starts it by itself is marked in its file.
NEEDS = {
    "spark": ("spark",),
    "workspace": ("spark",),
    "trained": ("spark", "horovod"),
    "cluster": ("spark",),
    "undisturbed": ("spark", "horovod"),
    "validated": ("spark",),
    "s3": ("s3",),
    "hdfs": ("hdfs",),
    "fashion_mnist": ("network",),
    "originals": ("network",),
    "cached": ("network",),
    "fetched": ("network",),
}


# Roughly what a test takes by its markers, to begin with the longest files.
SECONDS = {"long": 60, "slow": 8, "horovod": 3, "spark": 1}
MARKS = re.compile(r"^pytestmark = (?:\[.*?\]|.*?$)", re.MULTILINE | re.DOTALL)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import a file of which `-m` leaves out every test: TensorFlow alone takes three seconds."""
    expression: str = config.option.markexpr
    if collection_path.suffix != ".py" or " or " in expression:
        return None
    source = collection_path.read_text("utf-8")
    # A test has the markers of its fixtures too, which its file does not show.
    if re.fullmatch(r"\w+", expression) and not any(expression in markers for markers in NEEDS.values()):
        return None if f"mark.{expression}" in source else True
    return True if _file_marks(source) & {*re.findall(r"\bnot (\w+)", expression)} else None


def _file_marks(source: str) -> set[str]:
    """Return the markers of every test of a file: those of `pytestmark`, and those of the fixtures that it uses."""
    marks = " ".join(MARKS.findall(source))
    fixtures = re.findall(r'usefixtures\("(\w+)"\)', marks)
    return {
        *re.findall(r"pytest\.mark\.(\w+)", marks),
        *(marker for name in fixtures for marker in NEEDS.get(name, ())),
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, skip those that cannot run here, and run the files of most work first.

    While the last file runs, the other of two processes has nothing to do, so that the last one should be short. Tests
    marked `petastorm` are skipped where the whole of Petastorm cannot be imported.
    """
    pyarrow = version("pyarrow")
    reason = f"the whole of Petastorm needs pyarrow < 15, and {pyarrow} is installed; see docs/petastorm.md"
    for item in items:
        for fixture in NEEDS.keys() & set(getattr(item, "fixturenames", ())):
            for marker in NEEDS[fixture]:
                item.add_marker(marker)
        if int(pyarrow.split(".")[0]) >= 15 and item.get_closest_marker("petastorm"):
            item.add_marker(pytest.mark.skip(reason=reason))
    work: Counter[Path] = Counter()
    for item in items:
        work[item.path] += max((SECONDS.get(mark.name, 0) for mark in item.iter_markers()), default=0)
    items.sort(key=lambda item: -work[item.path])


def pytest_collection_finish() -> None:
    """Leave the test modules, and the engines they import, out of every collection of garbage."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all processes of this run of the tests."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def fashion_mnist(shared: Path) -> Path:
    """1,200 training and 200 test images of Fashion-MNIST as PNG files in class folders; do not change them."""
    from headrace.fetch import fetch

    return make_once(shared / "fashion-mnist", lambda folder: fetch("fashion-mnist", folder, limit=1200))


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

    return make_once(shared / "workspace", make)


@pytest.fixture(scope="session")
def trained(workspace: Path, shared: Path) -> dict[str, Any]:
    """The result of one epoch on two ranks, by `headrace train` in `workspace`; do not change the run."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "result.json").write_text(json.dumps(headrace("train", "conf.yaml", cwd=workspace).json))

    found: dict[str, Any] = json.loads((make_once(shared / "trained", make) / "result.json").read_text())
    return found


@pytest.fixture(scope="session")
def make_bundle(shared: Path) -> Callable[[str], Path]:
    """Return a function that trains a network of models/ on first use and returns its bundle, beside its `table`.

    All processes of this run share both; do not change them.
    """

    def make(folder: Path) -> None:
        from tests.support.trained_bundles import table_for, trained

        folder.mkdir()
        network = folder.name.removeprefix("bundle-")
        trained(network, table_for(network, folder / "table"), folder / "bundle")

    return lambda network: make_once(shared / f"bundle-{network}", make) / "bundle"


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own: the table is shared through a link."""
    return link_workspace(workspace, tmp_path)


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a real S3 server, which this process and those it starts find by their environment."""
    from tests.support.s3_server import environment, s3_server

    with s3_server() as url, pytest.MonkeyPatch.context() as patch:
        for key, value in environment(url).items():
            patch.setenv(key, value)
        yield url


@pytest.fixture
def bucket(s3: str) -> str:
    """The name of a new bucket."""
    from tests.support.s3_server import make_bucket

    name = f"bucket-{uuid.uuid4().hex[:12]}"
    make_bucket(s3, name)
    return name


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real HDFS, running; of `tests.support.hdfs_server`."""
    from tests.support.hdfs_server import hdfs_server

    with hdfs_server(tmp_path_factory.mktemp("hdfs")) as server:
        yield server


@pytest.fixture(scope="session")
def spark(s3: str) -> Iterator[Any]:
    """One local Spark session for tests that call functions directly; executors have the environment of its start."""
    from headrace.config.configuration_model import Spark
    from headrace.spark.session import session

    made = session("tests", Spark(), slots=2)
    yield made
    made.stop()
