"""`.ci/setup` installs what is missing where it may, says in one sentence what it may not, and repeats nothing."""

import shutil

import pytest

from tests.setup.machine import COMPILED, COMPLETE, PACKAGES, PYTHON, Machine

NO_PYTHON = "Python 3.11 to 3.13 is missing; install one of them, on Debian or Ubuntu as root: apt-get install python3"
CANNOT = "setup: packages are missing and cannot be installed here; run as root: apt-get install "
OLD_JAVA = """echo 'openjdk version "11.0.13" 2021-10-19' >&2"""
NEW_JAVA = """echo 'openjdk version "26" 2026-03-17' >&2"""


def install_with_apt(machine: Machine, name: str) -> None:
    """apt-get of this machine brings the program `name`, which is missing until then."""
    stored = machine.programs.parent / "archive"
    shutil.move(machine.programs / name, stored)
    machine.place("apt-get", f'[ "$1" != install ] || cp {stored} {machine.programs / name}')


def test_where_nothing_is_missing_nothing_is_done(machine: Machine) -> None:
    done = machine.set_up("--browser")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", COMPLETE)
    assert machine.called("apt-get") == []
    assert machine.called("uv")[-1] == "uv sync --frozen --check --python .venv/bin/python"


def test_it_works_from_any_folder(machine: Machine) -> None:
    done = machine.run("env", "-C", "/", str(machine.checkout / ".ci" / "setup"))
    assert (done.returncode, done.stderr) == (0, COMPLETE)


def test_an_unknown_argument_is_refused(machine: Machine) -> None:
    done = machine.set_up("--brwoser")
    assert (done.returncode, done.stderr) == (2, "setup: unknown argument --brwoser; expected nothing or --browser.\n")


@pytest.mark.parametrize(
    ("name", "package"),
    [("java", "openjdk-17-jre-headless"), ("chromium", "chromium")],
)
def test_root_gets_a_missing_package_installed(machine: Machine, name: str, package: str) -> None:
    install_with_apt(machine, name)
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (0, f"setup: installing {package} \n{COMPLETE}")
    assert machine.called("apt-get") == [
        "apt-get update",
        f"apt-get install -y --no-install-recommends {package}",
    ]


def test_a_compiler_is_installed_only_where_horovod_is_not_built(machine: Machine) -> None:
    install_with_apt(machine, "c++")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get") == []
    shutil.rmtree(machine.checkout / PACKAGES / "horovod" / "tensorflow")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get")[-1] == "apt-get install -y --no-install-recommends g++"


def test_a_compiler_that_knows_no_cpp17_is_no_compiler(machine: Machine) -> None:
    shutil.rmtree(machine.checkout / PACKAGES / "horovod" / "tensorflow")
    machine.place("c++", "cat >/dev/null; exit 1")
    machine.place("id", "echo 1000")
    assert machine.set_up().stderr == f"{CANNOT}g++ \n"


def test_the_browser_is_only_asked_for_by_name(machine: Machine) -> None:
    machine.remove("chromium")
    assert machine.set_up().stderr == COMPLETE
    machine.place("id", "echo 1000")
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (2, f"{CANNOT}chromium \n")


def test_packages_are_installed_without_questions(machine: Machine) -> None:
    install_with_apt(machine, "java")
    apt = (machine.programs / "apt-get").read_text()
    machine.place("apt-get", f'echo "questions $DEBIAN_FRONTEND" >>"$CALLS"\n{apt}')
    assert machine.set_up(DEBIAN_FRONTEND="dialog").returncode == 0
    assert machine.called("questions")[-1] == "questions noninteractive"


def test_another_user_without_sudo_gets_one_sentence_with_all_packages(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.remove("java", "chromium")
    done = machine.set_up("--browser")
    assert (done.returncode, done.stderr) == (2, f"{CANNOT}openjdk-17-jre-headless chromium \n")
    assert machine.called("apt-get") == []


def test_sudo_that_asks_for_a_password_is_not_used(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.place("sudo", '[ "$1" = -n ] || exec sleep 60\nexit 1')
    machine.remove("java")
    assert machine.set_up().returncode == 2
    assert machine.called("sudo") == ["sudo -n true"]


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    machine.place("id", "echo 1000")
    machine.place("sudo", 'shift; exec "$@"')
    machine.place("true", "exit 0")
    install_with_apt(machine, "java")
    assert machine.set_up().returncode == 0
    assert machine.called("sudo")[-1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install")


@pytest.mark.parametrize("answer", [OLD_JAVA, NEW_JAVA, """echo 'java version "1.8.0_392"' >&2"""])
def test_a_java_that_spark_cannot_use_counts_as_missing(machine: Machine, answer: str) -> None:
    machine.place("java", answer)
    machine.place("id", "echo 1000")
    assert machine.set_up().stderr == f"{CANNOT}openjdk-17-jre-headless \n"


def test_the_next_java_is_taken_where_the_system_does_not_have_17(machine: Machine) -> None:
    machine.place("apt-cache", '[ "$2" = openjdk-21-jre-headless ]')
    install_with_apt(machine, "java")
    assert machine.set_up().returncode == 0
    assert machine.called("apt-get")[-1].endswith(" openjdk-21-jre-headless")


def test_java_home_that_stands_in_the_way_is_named(machine: Machine) -> None:
    home = machine.checkout / "old-java"
    machine.place("java", OLD_JAVA, home / "bin")
    done = machine.set_up(JAVA_HOME=str(home))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"JAVA_HOME is {home}, which holds no Java 17 to 25; unset it" in done.stderr
    assert machine.called("apt-get") == []


def test_another_java_before_the_installed_one_on_the_path_is_named(machine: Machine) -> None:
    machine.place("java", OLD_JAVA)
    done = machine.set_up()
    assert done.returncode == 2
    assert f"another program of that kind comes first on PATH: {machine.programs}" in done.stderr


def test_what_apt_said_is_shown_where_it_fails(machine: Machine) -> None:
    machine.remove("java")
    machine.place("apt-get", '[ "$1" = update ] || { echo "E: No space left" >&2; exit 100; }')
    done = machine.set_up()
    assert done.returncode == 2
    assert done.stderr.endswith(f"E: No space left\n{CANNOT}openjdk-17-jre-headless \n")


def test_an_unreachable_source_of_packages_is_no_reason_to_stop(machine: Machine) -> None:
    install_with_apt(machine, "java")
    apt = (machine.programs / "apt-get").read_text()
    machine.place("apt-get", f'[ "$1" != update ] || exit 100\n{apt}')
    assert machine.set_up().returncode == 0


def test_the_environment_is_made_where_it_is_not_as_locked(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *--check*) exit 1 ;; esac')
    assert machine.set_up().returncode == 0
    assert machine.called("uv")[-1] == "uv sync --frozen --python .venv/bin/python --quiet"


def test_an_environment_that_cannot_be_made_ends_in_a_sentence(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; sync*) echo "error: oh" >&2; exit 1 ;; esac')
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (
        2,
        "error: oh\nsetup: uv could not make the environment .venv; it says above why.\n",
    )


def test_no_supported_python_is_one_sentence(machine: Machine) -> None:
    machine.remove(PYTHON)
    shutil.rmtree(machine.checkout / ".venv")
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *) exit 2 ;; esac')
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (2, f"setup: {NO_PYTHON}\n")
    assert machine.called("uv")[-1] == "uv python install 3.12"


def test_a_python_that_is_asked_for_makes_the_environment(machine: Machine) -> None:
    machine.place("uv", 'case "$*" in --version) echo uv 0.13.9 ;; *--check*) exit 1 ;; esac')
    other = machine.checkout / "other" / "bin" / "python3"
    assert machine.set_up(HEADRACE_PYTHON=str(other)).returncode == 0
    assert machine.called("uv")[-1] == f"uv sync --frozen --python {other} --quiet"


def test_a_python_of_pyenv_is_found_where_its_link_on_the_path_starts_nothing(machine: Machine) -> None:
    interpreter = (machine.programs / PYTHON).resolve()
    machine.place(PYTHON, 'echo "pyenv: command not found" >&2; exit 127')
    shutil.rmtree(machine.checkout / ".venv")
    version = machine.checkout / ".pyenv" / "versions" / f"{PYTHON.removeprefix('python')}.99" / "bin" / "python3"
    version.parent.mkdir(parents=True)
    version.symlink_to(interpreter)
    machine.set_up()
    assert str(version) in machine.called("uv")[-1]


def test_packages_are_compiled_to_bytecode_whatever_python_was_told(machine: Machine) -> None:
    compiled = machine.checkout / PACKAGES / "tensorflow" / "__pycache__" / COMPILED
    compiled.unlink()
    done = machine.set_up(PYTHONDONTWRITEBYTECODE="1")
    assert (done.returncode, done.stderr) == (0, f"setup: compiling the packages to bytecode\n{COMPLETE}")
    assert compiled.stat().st_size > 0
    assert machine.set_up().stderr == COMPLETE


def test_the_script_is_plain_shell(machine: Machine) -> None:
    checked = machine.run("sh", "-n", ".ci/setup")
    assert (checked.returncode, checked.stderr) == (0, "")
