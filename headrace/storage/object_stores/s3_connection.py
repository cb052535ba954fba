"""Connections to S3: endpoint, region and credentials from the environment.

`obstore` and `deltalake` are built on the same library and read the same variables. They look for credentials in
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then in a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and
AWS_ROLE_ARN), a container's role, and the role of the machine. Headrace neither passes credentials on nor stores them.
"""

import os
from typing import TYPE_CHECKING

from headrace.storage.object_stores.client_settings import (
    client_options,
    delta_limits,
    remove_empty_variables,
    retry_options,
)

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

CREDENTIALS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
PRODUCT = "Amazon S3"


def endpoint() -> str | None:
    """Return the address of the server; None for Amazon S3."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def region() -> str:
    """Return the region from the environment; most servers other than Amazon S3 accept any region."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def open_bucket(name: str) -> "S3Store":
    """Return a client of a bucket, without a request to the server."""
    from obstore.store import S3Store

    remove_empty_variables("AWS_")
    config: S3Config = {"region": region()}
    if address := endpoint():
        config["endpoint"] = address
    return S3Store(
        name, config=config, client_options=client_options(allow_http=_uses_http()), retry_config=retry_options()
    )


def delta_options(name: str) -> dict[str, str]:
    """Return the settings for `deltalake`; commits are conditional puts: the second of two writers is refused."""
    remove_empty_variables("AWS_")
    options = {"aws_region": region(), "aws_conditional_put": "etag"} | delta_limits(allow_http=_uses_http())
    return options | ({"aws_endpoint": str(endpoint())} if endpoint() else {})


def _uses_http() -> bool:
    return (endpoint() or "").startswith("http://")
