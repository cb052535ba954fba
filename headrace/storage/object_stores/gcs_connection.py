"""Connections to Google Cloud Storage: credentials from the environment or the identity of the machine.

`obstore` and `deltalake` look for a service account's key in GOOGLE_SERVICE_ACCOUNT (a file) or
GOOGLE_SERVICE_ACCOUNT_KEY (its content), then for application default credentials (GOOGLE_APPLICATION_CREDENTIALS, or
those of gcloud), then for the identity of the machine. The key file may name another server, as `gcs_base_url`.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.storage.object_stores.client_settings import (
    client_options,
    delta_limits,
    remove_empty_variables,
    retry_options,
)

if TYPE_CHECKING:
    from obstore.store import GCSStore

CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS, or GOOGLE_SERVICE_ACCOUNT with the file of a key"
ENDPOINT_VARIABLE = "GOOGLE_BASE_URL"
PRODUCT = "Google Cloud Storage"
KEY_FILES = ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH")


def endpoint() -> str | None:
    """Return the address of the server; None for Google's."""
    if address := os.environ.get("GOOGLE_BASE_URL"):
        return address
    content = os.environ.get("GOOGLE_SERVICE_ACCOUNT_KEY") or _key_file()
    try:
        found: str | None = json.loads(content).get("gcs_base_url") if content else None
    except (ValueError, AttributeError):
        return None
    return found


def _key_file() -> str | None:
    name = next((os.environ[one] for one in KEY_FILES if os.environ.get(one)), None)
    try:
        return Path(name).read_text("utf-8") if name else None
    except (OSError, ValueError):
        return None


def open_bucket(name: str) -> "GCSStore":
    """Return a client of a bucket, without a request to the server."""
    from obstore.store import GCSStore

    remove_empty_variables("GOOGLE_")
    return GCSStore(name, client_options=client_options(allow_http=_uses_http()), retry_config=retry_options())


def delta_options(name: str) -> dict[str, str]:
    """Return the settings for `deltalake`; commits are puts of objects that must not exist yet."""
    remove_empty_variables("GOOGLE_")
    return delta_limits(allow_http=_uses_http())


def _uses_http() -> bool:
    return (endpoint() or "").startswith("http://")
