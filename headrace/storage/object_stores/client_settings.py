"""Retries and timeouts of the clients of all stores, of `obstore` and of `deltalake`, which share one library."""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

# Each wait is random, up to three times the previous one: about 10 s in total.
MAX_RETRIES = 7
FIRST_WAIT = timedelta(milliseconds=200)
LONGEST_WAIT = timedelta(seconds=10)
GROWTH = 3
# No further attempt starts after this time.
RETRY_SECONDS = 60
CONNECT_SECONDS = 5
# Timeout of one request with its data: enough for a shard of 64 MB at 0.5 MB/s.
REQUEST_SECONDS = 120


def client_options(*, allow_http: bool) -> "ClientConfig":
    """Return the timeouts of a client of `obstore`."""
    return {
        "allow_http": allow_http,
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
    }


def retry_options() -> "RetryConfig":
    """Return the retries of a client of `obstore`."""
    return {
        "max_retries": MAX_RETRIES,
        "retry_timeout": timedelta(seconds=RETRY_SECONDS),
        "backoff": {"init_backoff": FIRST_WAIT, "max_backoff": LONGEST_WAIT, "base": GROWTH},
    }


def delta_limits(*, allow_http: bool) -> dict[str, str]:
    """Return the same timeouts and retries for `deltalake`."""
    return {
        "allow_http": str(allow_http).lower(),
        "connect_timeout": f"{CONNECT_SECONDS}s",
        "timeout": f"{REQUEST_SECONDS}s",
        "max_retries": str(MAX_RETRIES),
        "retry_timeout": f"{RETRY_SECONDS}s",
        "backoff_config.init_backoff": f"{FIRST_WAIT.total_seconds() * 1000:.0f}ms",
        "backoff_config.max_backoff": f"{LONGEST_WAIT.total_seconds():.0f}s",
        "backoff_config.base": str(GROWTH),
    }


def remove_empty_variables(prefix: str) -> None:
    """Remove variables that are empty, which count as unset, as in the providers' own programs.

    Both libraries read the environment themselves and would use an empty endpoint as an address.
    """
    for name in [name for name, value in os.environ.items() if name.startswith(prefix) and not value]:
        del os.environ[name]
