"""Connection settings of an S3 store: endpoint, region and credentials from the environment; retries and timeouts.

`obstore` and `deltalake` are built on the same library and read the same variables. They look for credentials in
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then in a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and
AWS_ROLE_ARN), a container's role, and the role of the machine. Headrace neither passes credentials on nor stores them.
"""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

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


def endpoint() -> str | None:
    """Return the address of the server; None for Amazon S3."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def region() -> str:
    """Return the region from the environment; most servers other than Amazon S3 accept any region."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def open_bucket(bucket: str) -> "S3Store":
    """Return a client of `bucket`, without a request to the server."""
    from obstore.store import S3Store

    _remove_empty_variables()
    config: S3Config = {"region": region()}
    if address := endpoint():
        config["endpoint"] = address
    return S3Store(
        bucket,
        config=config,
        client_options={
            "allow_http": _uses_http(),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=REQUEST_SECONDS),
        },
        retry_config={
            "max_retries": MAX_RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            "backoff": {"init_backoff": FIRST_WAIT, "max_backoff": LONGEST_WAIT, "base": GROWTH},
        },
    )


def delta_options() -> dict[str, str]:
    """Return the settings for `deltalake`; commits are conditional puts: the second of two writers is refused."""
    _remove_empty_variables()
    options = {
        "aws_region": region(),
        "aws_conditional_put": "etag",
        "allow_http": str(_uses_http()).lower(),
        "connect_timeout": f"{CONNECT_SECONDS}s",
        "timeout": f"{REQUEST_SECONDS}s",
        "max_retries": str(MAX_RETRIES),
        "retry_timeout": f"{RETRY_SECONDS}s",
        "backoff_config.init_backoff": f"{FIRST_WAIT.total_seconds() * 1000:.0f}ms",
        "backoff_config.max_backoff": f"{LONGEST_WAIT.total_seconds():.0f}s",
        "backoff_config.base": str(GROWTH),
    }
    return options | ({"aws_endpoint": str(endpoint())} if endpoint() else {})


def _remove_empty_variables() -> None:
    # An empty variable counts as unset, as in Amazon's own programs. Both libraries read the environment themselves and
    # would use an empty endpoint as an address.
    for name in [name for name, value in os.environ.items() if name.startswith("AWS_") and not value]:
        del os.environ[name]


def _uses_http() -> bool:
    return (endpoint() or "").startswith("http://")
