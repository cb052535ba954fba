"""Promotions and rollbacks in processes that are killed between two steps by SIGKILL, which cannot be caught."""

import multiprocessing
import os
import signal
from pathlib import Path

from headrace.registry import promotion
from headrace.registry.registry_connection import RegistryConnection


def kill_before(step: int, registry: RegistryConnection, verb: str, *versions: str) -> int:
    """Run `verb` in a process that is killed before step number `step`, and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    # MLflow takes seconds to import; the fork server imports it once for all processes.
    context.set_forkserver_preload(["mlflow.tracking", "headrace.registry.promotion"])
    # The fork server keeps the environment of its own start, so pass the current one.
    arguments = (step, registry.folder, registry.name, registry.uri, dict(os.environ), verb, versions)
    process = context.Process(target=_run, args=arguments)
    process.start()
    process.join(120)
    return int(process.exitcode if process.exitcode is not None else 0)


def _run(
    step: int, folder: Path, name: str, uri: str, environment: dict[str, str], verb: str, versions: tuple[str, ...]
) -> None:
    """Promote or roll back in this process, and kill it before step number `step`."""
    os.environ.update(environment)
    steps = enumerate(promotion.STEPS)
    promotion.STEPS = tuple(_kill_process if number == step else function for number, function in steps)
    registry = RegistryConnection(folder, name, uri)
    if verb == "promote":
        promotion.promote(registry, versions[0], "promoted", "it is better")
    else:
        promotion.rollback(registry)


def _kill_process(*_: object) -> None:
    """Kill this process with SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)
