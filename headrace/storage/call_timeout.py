"""A timeout for library calls that may block forever."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def run_with_timeout(seconds: float, call: Callable[[], Result]) -> Result:
    """Return the result of `call`, or raise its OSError, RuntimeError or ValueError.

    Raises:
        TimeoutError: `call` has not returned after `seconds`; its daemon thread is abandoned.
    """
    result = Future[Result]()

    def work() -> None:
        try:
            result.set_result(call())
        except (OSError, RuntimeError, ValueError) as error:
            result.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError as error:
        if result.done():
            raise
        raise TimeoutError(f"no response within {seconds:g} s") from error
