"""The oldest, default and newest engine sets work from raw files to exported models."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headrace.fetch import fetch

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1500)]
INTERPRETERS = {"oldest": ".venv-oldest/bin/python", "default": sys.executable, "newest": ".venv-newest/bin/python"}

Result = dict[str, Any]


@pytest.fixture(scope="module")
def results(root: Path, fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Run the smoke test with each engine set and return the results."""
    folder = tmp_path_factory.mktemp("engines")
    fetch("movie-reviews", folder / "reviews")
    run = partial(run_smoke, root, images=fashion_mnist, texts=folder / "reviews")
    # Two at a time, as each of them waits for the start of its processes most of the time.
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda name: run(name, folder / name), INTERPRETERS)
        return dict(zip(INTERPRETERS, found, strict=True))


def run_smoke(root: Path, name: str, folder: Path, images: Path, texts: Path) -> Result:
    """Run the smoke test with the engine set `name`."""
    interpreter = root / INTERPRETERS[name]
    command = [str(interpreter), "-m", "tests.engines.smoke", str(folder), str(images), str(texts)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr[-6000:]}"
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("name", INTERPRETERS)
def test_engine_set_prepares_trains_evaluates_and_predicts(results: dict[str, Result], name: str) -> None:
    """No record is lost, and both models beat chance after one epoch."""
    images, texts = results[name]["images"], results[name]["texts"]
    assert (images["prepared"]["rows_in"], images["prepared"]["rejected"]) == (1400, 0)
    assert images["predicted"]["rows"] == 200
    assert images["evaluated"]["metrics"]["accuracy"] > 0.3
    prepared = texts["prepared"]
    assert prepared["rows_in"] == prepared["written"] + prepared["rejected"] + prepared["duplicates"] == 10605
    assert texts["predicted"]["rows"] == 10605
    assert texts["evaluated"]["metrics"]["accuracy"] > 0.55


@pytest.mark.parametrize("name", ["oldest", "newest"])
def test_engine_set_has_locked_versions(results: dict[str, Result], root: Path, name: str) -> None:
    """The tested versions are the installed versions."""
    locked = dict(
        line.split()[0].split("==")
        for line in (root / "tests" / "engines" / f"{name}.txt").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    )
    versions = results[name]["versions"]
    assert versions["python"].startswith({"oldest": "3.11.", "newest": "3.13."}[name])
    assert {package: version for package, version in versions.items() if package != "python"} == {
        package: locked[package] for package in versions if package != "python"
    }


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_engine_sets_train_identical_weights(results: dict[str, Result], kind: str) -> None:
    """Shuffles, initial values, gradients and their sums over ranks are bit-identical."""
    trained = {name: result[kind]["trained"]["weights_sha256"] for name, result in results.items()}
    assert len(set(trained.values())) == 1, trained
