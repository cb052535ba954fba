"""SIGINT and SIGTERM end a command with one line, its exit code, and neither processes nor unfinished files."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.commands import run

# A command that writes a folder while a child process runs; {wait} is what its main thread does meanwhile.
COMMAND = """
import ctypes, logging, subprocess, sys, time
from pathlib import Path
from headrace.cli import app, main
from headrace.errors import DataError
from headrace.processes.interruption import interruption_detail, stop_request
from headrace.storage.atomic_files_and_folders import atomic_directory

@app.command()
def work() -> None:
    with atomic_directory(Path("output")) as folder:
        (folder / "part").write_text("half")
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        print(child.pid, flush=True)
        {wait}

main(["work"])
"""
SLEEP = "time.sleep(600)"
# Locks a mutex twice: native code that neither returns nor handles signals.
NATIVE = "mutex = ctypes.create_string_buffer(64); [ctypes.CDLL(None).pthread_mutex_lock(mutex) for _ in 'ab']"
FAILING = "\n        try: time.sleep(600)\n        finally: raise DataError('a consequence')"
# TensorFlow that is imported by half raises an AttributeError when Python exits.
IMPORTING = """
        import atexit
        from headrace.engines.stderr_noise_filter import filtered_stderr
        atexit.register(lambda: print("AttributeError", file=sys.stderr, flush=True))
        with filtered_stderr():
            print("ready", flush=True)
            time.sleep(600)
"""
DETAILED = """
        with interruption_detail(lambda: "nothing was committed"):
            print("ready", flush=True)
            try: time.sleep(600)
            finally: raise DataError('a consequence')
"""
REQUEST = """
        with stop_request(lambda: print('asked', flush=True) or True):
            print('ready', flush=True)
            time.sleep(600)
"""


def start(wait: str, folder: Path) -> "tuple[subprocess.Popen[str], int]":
    """Start the command and return it with its child's process ID."""
    (folder / "output").mkdir()
    (folder / "output" / "old").write_text("old")
    code = COMMAND.format(wait=wait)
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, text=True, stdout=pipe, stderr=pipe, start_new_session=True
    )
    assert process.stdout
    return process, int(process.stdout.readline())


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def require_clean_end(process: "subprocess.Popen[str]", child: int, folder: Path, code: int) -> str:
    """Require the exit code and that nothing is left, and return standard error."""
    _, log = process.communicate(timeout=30)
    assert process.returncode == code, log
    assert not is_alive(child)
    assert sorted(path.name for path in folder.rglob("*")) == ["old", "output"]
    return log


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
@pytest.mark.parametrize("wait", [SLEEP, FAILING], ids=["sleeping", "failing"])
def test_signal_ends_command_with_one_line(number: int, code: int, word: str, wait: str, tmp_path: Path) -> None:
    process, child = start(wait, tmp_path)
    began = time.monotonic()
    # As a terminal and `timeout` do; the signal may arrive twice.
    os.killpg(process.pid, number)
    os.kill(process.pid, number)
    assert require_clean_end(process, child, tmp_path, code) == f"headrace: {word}\n"
    assert time.monotonic() - began < 5


def test_signal_tells_what_is_left_and_not_what_follows_from_it(tmp_path: Path) -> None:
    process, child = start(DETAILED, tmp_path)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert require_clean_end(process, child, tmp_path, 130) == "headrace: interrupted; nothing was committed\n"


@pytest.mark.slow
def test_signal_ends_command_in_native_code(tmp_path: Path) -> None:
    process, child = start(NATIVE, tmp_path)
    process.send_signal(signal.SIGINT)
    assert require_clean_end(process, child, tmp_path, 130) == "headrace: interrupted\n"


def test_signal_during_the_import_of_the_command_line_is_one_line(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'headrace.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from headrace.__main__ import main\n"
        "main()\n"
    )
    assert run([sys.executable, "-c", code], cwd=tmp_path, code=130).stderr == "headrace: interrupted\n"


def test_signal_during_the_import_of_tensorflow_is_one_line(tmp_path: Path) -> None:
    process, child = start(IMPORTING, tmp_path)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert require_clean_end(process, child, tmp_path, 143) == "headrace: terminated\n"


def test_second_signal_does_not_wait_for_the_request(tmp_path: Path) -> None:
    process, child = start(REQUEST, tmp_path)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "asked\n"
    time.sleep(1.0)  # more than a burst of one signal
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert require_clean_end(process, child, tmp_path, 143) == "headrace: terminated\n"


@pytest.mark.slow
def test_signal_of_a_forked_process_does_not_end_the_command(tmp_path: Path) -> None:
    code = (
        "import multiprocessing, time\n"
        "from headrace.cli import app, main\n"
        "@app.command()\n"
        "def work() -> None:\n"
        "    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(600,))\n"
        "    child.start()\n"
        "    child.terminate()\n"
        "    child.join()\n"
        "    time.sleep(5)\n"
        "    print(child.exitcode)\n"
        "main(['work'])\n"
    )
    assert run([sys.executable, "-c", code], cwd=tmp_path).stdout == "-15\n"


def test_signal_after_the_end_does_not_change_the_exit_code(tmp_path: Path) -> None:
    """The command has printed its result and done its work, and Python unloads TensorFlow for up to a second."""
    code = (
        "import atexit, os, signal, sys\n"
        "from headrace.cli import app, main\n"
        "@app.command()\n"
        "def work() -> None:\n"
        "    atexit.register(lambda: [os.kill(os.getpid(), number) for number in (signal.SIGINT, signal.SIGTERM)])\n"
        "    print('done')\n"
        "sys.argv = ['headrace', 'work']\n"
        "main()\n"
    )
    result = run([sys.executable, "-c", code], cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """Shells start background jobs so, and `nohup` its command."""
    code = (
        "import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from headrace.cli import app, main\n"
        "@app.command()\n"
        "def work() -> None:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here')\n"
        "main(['work'])\n"
    )
    assert run([sys.executable, "-c", code], cwd=tmp_path).stdout == "still here\n"
