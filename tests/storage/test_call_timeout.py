import threading

import pytest

from headrace.storage.call_timeout import run_with_timeout


def test_run_with_timeout_passes_on_result_and_error() -> None:
    assert run_with_timeout(10, lambda: 7) == 7
    for kind in (FileNotFoundError, TimeoutError, RuntimeError, ValueError):
        with pytest.raises(kind, match="its own"):
            run_with_timeout(10, lambda kind=kind: raise_error(kind("its own")))


def test_run_with_timeout_raises_after_timeout() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError, match=r"no response within 0\.05 s"):
        run_with_timeout(0.05, never.wait)
    never.set()


def raise_error(error: Exception) -> None:
    """Raise the error."""
    raise error
