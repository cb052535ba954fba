"""An end to waiting for a library that may wait for ever."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def run_with_timeout(seconds: float, ask: Callable[[], Result]) -> Result:
    """What `ask` gives, or the OSError, RuntimeError or ValueError that it raises.

    Raises:
        TimeoutError: it has neither after `seconds`; its thread is left behind, and does not hold up the program's end.
    """
    answer = Future[Result]()

    def work() -> None:
        try:
            answer.set_result(ask())
        except (OSError, RuntimeError, ValueError) as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        if answer.done():
            raise
        raise TimeoutError(f"no answer in {seconds:g} s") from error
