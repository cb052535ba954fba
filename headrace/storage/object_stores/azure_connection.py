"""Connections to Azure Blob Storage and Data Lake Storage: account and credentials from address and environment.

`obstore` and `deltalake` look for AZURE_STORAGE_ACCOUNT_KEY, a service principal (AZURE_CLIENT_ID,
AZURE_CLIENT_SECRET, AZURE_TENANT_ID), a federated token, a shared access signature (AZURE_STORAGE_SAS_TOKEN), and the
identity of the machine. The account is that of an abfss:// address, or AZURE_STORAGE_ACCOUNT_NAME.
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
    from obstore.store import AzureConfig, AzureStore

CREDENTIALS = "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or a service principal"
ENDPOINT_VARIABLE = "AZURE_STORAGE_ENDPOINT"
PRODUCT = "Azure Storage"
EMULATOR = "AZURE_STORAGE_USE_EMULATOR"
EMULATOR_URL = "http://127.0.0.1:10000"


def endpoint() -> str | None:
    """Return the address of the server; None for Azure's."""
    if os.environ.get(EMULATOR, "").lower() in ("1", "true"):
        return os.environ.get("AZURITE_BLOB_STORAGE_URL") or EMULATOR_URL
    return os.environ.get("AZURE_STORAGE_ENDPOINT") or os.environ.get("AZURE_ENDPOINT") or None


def open_bucket(name: str) -> "AzureStore":
    """Return a client of a container, without a request to the server.

    Args:
        name: of the container, or container@account.dfs.core.windows.net.
    """
    from obstore.store import AzureStore

    remove_empty_variables("AZURE_")
    container, account = _parts(name)
    config: AzureConfig = {"account_name": account} if account else {}
    return AzureStore(
        container, config=config, client_options=client_options(allow_http=_uses_http()), retry_config=retry_options()
    )


def delta_options(name: str) -> dict[str, str]:
    """Return the settings for `deltalake`; commits are puts of blobs that must not exist yet."""
    remove_empty_variables("AZURE_")
    container, account = _parts(name)
    options = {"azure_container_name": container} | ({"azure_storage_account_name": account} if account else {})
    return options | delta_limits(allow_http=_uses_http())


def _parts(name: str) -> tuple[str, str]:
    """Return the container and the account; the account is empty if the environment names it."""
    container, _, host = name.partition("@")
    return container, host.partition(".")[0]


def _uses_http() -> bool:
    return (endpoint() or "").startswith("http://")
