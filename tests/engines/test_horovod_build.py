"""Horovod is compiled with the same options by uv, by pip and in the GPU image, and the options are still needed."""

import re
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

LAUNCHER = "CMAKE_CXX_COMPILER_LAUNCHER"


@pytest.fixture
def variables(root: Path) -> dict[str, str]:
    """Return the environment variables that uv sets while it builds Horovod."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    found: dict[str, str] = project["tool"]["uv"]["extra-build-variables"]["horovod"]
    return found


def test_pip_script_sets_same_variables_as_uv(root: Path, variables: dict[str, str]) -> None:
    """The source has the same SHA-256 as in the lock file too."""
    script = (root / "docker" / "install_horovod.sh").read_text()
    exported = dict(re.findall(r"\b(HOROVOD_\w+)=(\d)", script)) | dict(re.findall(r"export (CMAKE\w+)='(.*)'", script))
    assert exported == variables
    (digest,) = re.findall(r"sha256:([0-9a-f]{64})", script)
    assert digest in (root / "uv.lock").read_text()


@pytest.mark.parametrize(("source", "code"), [("xla_mpi_ops.cc", 4), ("mpi_ops.cc", 1)])
def test_launcher_undefines_version_for_one_file_only(
    variables: dict[str, str], tmp_path: Path, source: str, code: int
) -> None:
    """Without the version xla_mpi_ops.cc compiles to nothing; every other file sees TensorFlow's version."""
    (tmp_path / source).write_text(
        "#if TENSORFLOW_VERSION >= 2006000000\nint main() { return 1; }\n#else\nint main() { return 4; }\n#endif\n"
    )
    words = variables[LAUNCHER].split(";")
    compiler = ["c++", "-DTENSORFLOW_VERSION=2021000000", "-o", "program", source]
    subprocess.run([*words, *compiler], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "program"], check=False).returncode == code


def test_tensorflow_still_lacks_xla_headers() -> None:
    """When this fails, TensorFlow ships XLA's headers again, and the launcher can be removed."""
    headers = distribution("tensorflow-cpu").locate_file("tensorflow/include/tensorflow/compiler/xla/client")
    assert not (Path(str(headers)) / "xla_builder.h").exists()
