"""A module with the name of an engine is refused by its path, before it is imported instead of the engine."""

import sys
from pathlib import Path

import pytest

from headrace.engines.local_modules_shadowing_engines import LANDMARKS, require_visible_engines
from headrace.engines.supported_versions import BY_MODULE
from headrace.errors import ConfigurationError
from tests.support.commands import headrace


@pytest.fixture(autouse=True)
def _only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.chdir(tmp_path)


def write_module(folder: Path, module: str) -> Path:
    """Write an empty package `module` and return its file."""
    file = folder / module / "__init__.py"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def test_installed_engines_have_their_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LANDMARKS.keys() == BY_MODULE.keys()
    packages = next(path for path in sys.path if Path(path, "keras").is_dir())
    monkeypatch.setenv("PYTHONPATH", packages)
    require_visible_engines()


@pytest.mark.parametrize("module", LANDMARKS)
def test_package_that_hides_an_engine_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str) -> None:
    file = write_module(tmp_path / "lib", module)
    require_visible_engines()
    monkeypatch.setenv("PYTHONPATH", f"/none:{tmp_path / 'lib'}")
    with pytest.raises(
        ConfigurationError, match=f"^{file} hides the installed {module}, .*out of PYTHONPATH"
    ) as refused:
        require_visible_engines()
    assert "\n" not in str(refused.value)


def test_file_in_the_working_directory_is_refused_if_python_searches_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keras.py").touch()
    with pytest.raises(ConfigurationError, match=r"keras\.py hides the installed keras, .*in another directory"):
        require_visible_engines()
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    require_visible_engines()


def test_working_directory_that_was_removed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(ConfigurationError, match="working directory does not exist any more; change to another one"):
        require_visible_engines()
    monkeypatch.chdir(tmp_path)


def test_folder_without_a_module_is_accepted(tmp_path: Path) -> None:
    """Python prefers an installed package to such a folder."""
    (tmp_path / "horovod").mkdir()
    require_visible_engines()


@pytest.mark.parametrize("words", [["check"], ["train", "conf.yaml"], ["evaluate", "run"]])
def test_commands_name_a_folder_that_hides_an_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path, words: list[str]
) -> None:
    file = write_module(tmp_path / "lib", "pyspark")
    done = headrace(*words, cwd=tmp_path, code=2, PYTHONPATH=f"{tmp_path / 'lib'}:{root}")
    assert done.last_error_line.startswith(f"headrace: {file} hides the installed pyspark")
    assert "Traceback" not in done.stderr
