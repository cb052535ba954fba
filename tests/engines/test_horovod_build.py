"""How Horovod is compiled: the same by uv, by plain pip and in the GPU image, and still needed."""

import re
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

LAUNCHER = "CMAKE_CXX_COMPILER_LAUNCHER"


@pytest.fixture
def variables(root: Path) -> dict[str, str]:
    """What uv sets while it builds Horovod."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    found: dict[str, str] = project["tool"]["uv"]["extra-build-variables"]["horovod"]
    return found


def test_the_script_for_pip_sets_what_uv_sets(root: Path, variables: dict[str, str]) -> None:
    """Every variable has the same value, and the source the same SHA-256 as in the lock file."""
    script = (root / "docker" / "install_horovod.sh").read_text()
    exported = dict(re.findall(r"\b(HOROVOD_\w+)=(\d)", script)) | dict(re.findall(r"export (CMAKE\w+)='(.*)'", script))
    assert exported == variables
    (digest,) = re.findall(r"sha256:([0-9a-f]{64})", script)
    assert digest in (root / "uv.lock").read_text()


@pytest.mark.parametrize(("source", "code"), [("xla_mpi_ops.cc", 4), ("mpi_ops.cc", 1)])
def test_the_launcher_undefines_the_version_for_one_file_alone(
    variables: dict[str, str], tmp_path: Path, source: str, code: int
) -> None:
    """The guard around the whole of xla_mpi_ops.cc leaves it empty; every other file sees TensorFlow's version."""
    (tmp_path / source).write_text(
        "#if TENSORFLOW_VERSION >= 2006000000\nint main() { return 1; }\n#else\nint main() { return 4; }\n#endif\n"
    )
    words = variables[LAUNCHER].split(";")
    compiler = ["c++", "-DTENSORFLOW_VERSION=2021000000", "-o", "program", source]
    subprocess.run([*words, *compiler], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "program"], check=False).returncode == code


def test_tensorflow_still_lacks_the_headers_that_the_file_includes() -> None:
    """When this fails TensorFlow ships XLA's headers again, and the launcher may be dropped."""
    headers = distribution("tensorflow-cpu").locate_file("tensorflow/include/tensorflow/compiler/xla/client")
    assert not (Path(str(headers)) / "xla_builder.h").exists()
