import threading

import pytest

from headrace.storage.call_timeout import run_with_timeout


def test_an_answer_and_an_error_are_passed_on() -> None:
    assert run_with_timeout(10, lambda: 7) == 7
    for kind in (FileNotFoundError, TimeoutError, RuntimeError, ValueError):
        with pytest.raises(kind, match="its own"):
            run_with_timeout(10, lambda kind=kind: raised(kind("its own")))


def test_an_answer_that_does_not_come_is_an_error() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError, match=r"no response within 0\.05 s"):
        run_with_timeout(0.05, never.wait)
    never.set()


def raised(error: Exception) -> None:
    raise error
