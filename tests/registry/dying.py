"""Processes that are killed between two steps of a promotion, for real: by SIGKILL, which nothing can catch."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

from headrace.registry import promotion
from headrace.registry.store import Registry


def killed_before(step: int, registry: Registry, verb: str, *words: str) -> int:
    """Run `verb` in a process of its own that is killed before it takes step number `step`; its exit code."""
    context = multiprocessing.get_context("forkserver")
    # MLflow takes seconds to import; the server does it once for all.
    context.set_forkserver_preload(["mlflow.tracking", "headrace.registry.promotion"])
    # The server, which the process is forked from, has the environment of its own start.
    arguments = (step, registry.folder, registry.name, registry.uri, dict(os.environ), verb, words)
    process = context.Process(target=_run, args=arguments)
    process.start()
    process.join(120)
    return int(process.exitcode if process.exitcode is not None else 0)


def _run(
    step: int, folder: Path, name: str, uri: str, environment: dict[str, str], verb: str, words: tuple[str, ...]
) -> None:
    os.environ.update(environment)
    promotion.STEPS = tuple(_dying(one) if number == step else one for number, one in enumerate(promotion.STEPS))
    registry = Registry(folder, name, uri)
    if verb == "promote":
        promotion.promote(registry, words[0], "promoted", "it is better")
    else:
        promotion.rollback(registry)


def _dying(_: Callable[..., None]) -> Callable[..., None]:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return die
