"""`.ci/setup` installs missing packages if it may, else names them in one sentence; it repeats no work."""

import shutil

import pytest

from tests.setup.machine import COMPILED, COMPLETE, PACKAGES, PYTHON, Machine

NO_PYTHON = "Python 3.11 to 3.13 is missing; install one of them, on Debian or Ubuntu as root: apt-get install python3"
CANNOT = "setup: packages are missing and cannot be installed here; run as root: apt-get install "
OLD_JAVA = """echo 'openjdk version "11.0.13" 2021-10-19' >&2"""
NEW_JAVA = """echo 'openjdk version "26" 2026-03-17' >&2"""


def install_with_apt(machine: Machine, name: str) -> None:
    """Move the program `name` away and let apt-get of this machine install it."""
    stored = machine.programs.parent / "archive"
    shutil.move(machine.programs / name, stored)
    machine.place("apt-get", f'[ "$1" != install ] || cp {stored} {machine.programs / name}')


def test_setup_does_nothing_on_complete_machine(machine: Machine) -> None:
    done = machine.set_up("--browser")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", COMPLETE)
    assert machine.called("apt-get") == []
    assert machine.called("uv")[-1] == "uv sync --frozen --check --python .venv/bin/python"


def test_setup_works_from_any_folder(machine: Machine) -> None:
    done = machine.run("env", "-C", "/", str(machine.checkout / ".ci" / "setup"))
    assert (done.returncode, done.stderr) == (0, COMPLETE)


def test_setup_refuses_unknown_argument(machine: Machine) -> None:
    done = machine.set_up("--brwoser")
    assert (done.returncode, done.stderr) == (2, "setup: unknown argument --brwoser; expected nothing or --browser.\n")


@pytest.mark.parametrize(
    ("name", "package"),
    [("java", "openjdk-17-jre-headless"), ("chromium", "chromium")],
)
def test_setup_installs_missing_package_as_root(machine: Machine, name: str, package: str) -> None:
    install_with_apt(machine, name)
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (0, f"setup: installing {package} \n{COMPLETE}")
    assert machine.called("apt-get") == [
        "apt-get update",
        f"apt-get install -y --no-install-recommends {package}",
    ]


def test_setup_installs_compiler_only_without_horovod_build(machine: Machine) -> None:
    install_with_apt(machine, "c++")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get") == []
    shutil.rmtree(machine.checkout / PACKAGES / "horovod" / "tensorflow")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get")[-1] == "apt-get install -y --no-install-recommends g++"


def test_setup_treats_compiler_without_cpp17_as_missing(machine: Machine) -> None:
    shutil.rmtree(machine.checkout / PACKAGES / "horovod" / "tensorflow")
    machine.place("c++", "cat >/dev/null; exit 1")
    machine.place("id", "echo 1000")
    assert machine.set_up().stderr == f"{CANNOT}g++ \n"


def test_setup_requires_browser_only_on_request(machine: Machine) -> None:
    machine.remove("chromium")
    assert machine.set_up().stderr == COMPLETE
    machine.place("id", "echo 1000")
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (2, f"{CANNOT}chromium \n")


def test_setup_installs_packages_noninteractively(machine: Machine) -> None:
    install_with_apt(machine, "java")
    apt = (machine.programs / "apt-get").read_text()
    machine.place("apt-get", f'echo "questions $DEBIAN_FRONTEND" >>"$CALLS"\n{apt}')
    assert machine.set_up(DEBIAN_FRONTEND="dialog").returncode == 0
    assert machine.called("questions")[-1] == "questions noninteractive"


def test_setup_without_sudo_lists_all_packages_in_one_sentence(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.remove("java", "chromium")
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (2, f"{CANNOT}openjdk-17-jre-headless chromium \n")
    assert machine.called("apt-get") == []


def test_setup_does_not_use_sudo_with_password(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.place("sudo", '[ "$1" = -n ] || exec sleep 60\nexit 1')
    machine.remove("java")
    assert machine.set_up().returncode == 2
    assert machine.called("sudo") == ["sudo -n true"]


def test_setup_uses_sudo_without_password(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.place("sudo", 'shift; exec "$@"')
    machine.place("true", "exit 0")
    install_with_apt(machine, "java")
    assert machine.set_up().returncode == 0
    assert machine.called("sudo")[-1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install")


@pytest.mark.parametrize("answer", [OLD_JAVA, NEW_JAVA, """echo 'java version "1.8.0_392"' >&2"""])
def test_setup_treats_unsupported_java_as_missing(machine: Machine, answer: str) -> None:
    machine.place("java", answer)
    machine.place("id", "echo 1000")
    assert machine.set_up().stderr == f"{CANNOT}openjdk-17-jre-headless \n"


def test_setup_installs_java_21_where_17_is_unavailable(machine: Machine) -> None:
    machine.place("apt-cache", '[ "$2" = openjdk-21-jre-headless ]')
    install_with_apt(machine, "java")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get")[-1].endswith(" openjdk-21-jre-headless")


def test_setup_names_unsuitable_java_home(machine: Machine) -> None:
    home = machine.checkout / "old-java"
    machine.place("java", OLD_JAVA, home / "bin")
    done = machine.set_up(JAVA_HOME=str(home))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"JAVA_HOME is {home}, which holds no Java 17 to 25; unset it" in done.stderr
    assert machine.called("apt-get") == []


def test_setup_names_other_java_first_on_path(machine: Machine) -> None:
    machine.place("java", OLD_JAVA)
    done = machine.set_up()
    assert done.returncode == 2
    assert f"another program of that kind comes first on PATH: {machine.programs}" in done.stderr


def test_setup_shows_output_of_failed_apt(machine: Machine) -> None:
    machine.remove("java")
    machine.place("apt-get", '[ "$1" = update ] || { echo "E: No space left" >&2; exit 100; }')
    done = machine.set_up()
    assert done.returncode == 2
    assert done.stderr.endswith(f"E: No space left\n{CANNOT}openjdk-17-jre-headless \n")


def test_setup_continues_after_failed_apt_update(machine: Machine) -> None:
    install_with_apt(machine, "java")
    apt = (machine.programs / "apt-get").read_text()
    machine.place("apt-get", f'[ "$1" != update ] || exit 100\n{apt}')
    assert machine.set_up().returncode == 0


def test_setup_syncs_environment_that_differs_from_lock(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *--check*) exit 1 ;; esac')
    assert machine.set_up().returncode == 0
    assert machine.called("uv")[-1] == "uv sync --frozen --python .venv/bin/python --quiet"


def test_setup_reports_failed_sync_in_one_sentence(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; sync*) echo "error: oh" >&2; exit 1 ;; esac')
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (
        2,
        "error: oh\nsetup: uv could not make the environment .venv; it says above why.\n",
    )


def test_setup_reports_missing_python_in_one_sentence(machine: Machine) -> None:
    machine.remove(PYTHON)
    shutil.rmtree(machine.checkout / ".venv")
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *) exit 2 ;; esac')
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (2, f"setup: {NO_PYTHON}\n")
    assert machine.called("uv")[-1] == "uv python install 3.12"


def test_setup_uses_requested_python(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *--check*) exit 1 ;; esac')
    other = machine.checkout / "other" / "bin" / "python3"
    assert machine.set_up(HEADRACE_PYTHON=str(other)).returncode == 0
    assert machine.called("uv")[-1] == f"uv sync --frozen --python {other} --quiet"


def test_setup_finds_pyenv_python_behind_broken_shim(machine: Machine) -> None:
    interpreter = (machine.programs / PYTHON).resolve()
    machine.place(PYTHON, 'echo "pyenv: command not found" >&2; exit 127')
    shutil.rmtree(machine.checkout / ".venv")
    version = machine.checkout / ".pyenv" / "versions" / f"{PYTHON.removeprefix('python')}.99" / "bin" / "python3"
    version.parent.mkdir(parents=True)
    version.symlink_to(interpreter)
    machine.set_up()
    assert str(version) in machine.called("uv")[-1]


def test_setup_compiles_packages_despite_dontwritebytecode(machine: Machine) -> None:
    compiled = machine.checkout / PACKAGES / "tensorflow" / "__pycache__" / COMPILED
    compiled.unlink()
    done = machine.set_up(PYTHONDONTWRITEBYTECODE="1")
    assert (done.returncode, done.stderr) == (0, f"setup: compiling the packages to bytecode\n{COMPLETE}")
    assert compiled.stat().st_size > 0
    assert machine.set_up().stderr == COMPLETE


def test_setup_script_is_valid_posix_shell(machine: Machine) -> None:
    checked = machine.run("sh", "-n", ".ci/setup")
    assert (checked.returncode, checked.stderr) == (0, "")
