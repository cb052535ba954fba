"""The address of a bucket, and the module that connects to its store."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from obstore import ObjectMeta

CONNECTIONS = {"s3": "s3_connection", "gs": "gcs_connection", "az": "azure_connection", "abfss": "azure_connection"}


class ConnectionInterface(Protocol):
    """The module that connects to the store of a scheme.

    Attributes:
        CREDENTIALS: variables of the environment that hold credentials, in words.
        ENDPOINT_VARIABLE: the one that names a server.
        PRODUCT: name of the store without an endpoint.
    """

    CREDENTIALS: str
    ENDPOINT_VARIABLE: str
    PRODUCT: str

    def endpoint(self) -> str | None:
        """Return the address of the server; None for that of the provider."""

    def open_bucket(self, name: str) -> Any:
        """Return a client of `obstore` for a bucket, without a request to the server."""

    def delta_options(self, name: str) -> dict[str, str]:
        """Return the settings with which `deltalake` opens a table in the bucket."""


class Bucket(NamedTuple):
    """A bucket of S3 or Google, or a container of Azure.

    Attributes:
        scheme: a key of CONNECTIONS.
        name: as in an address; of `abfss` container@account.dfs.core.windows.net.
    """

    scheme: str
    name: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.name}"

    @property
    def connection(self) -> ConnectionInterface:
        """The module that connects to the bucket's store."""
        module: Any = import_module(f"headrace.storage.object_stores.{CONNECTIONS[self.scheme]}")
        connection: ConnectionInterface = module
        return connection

    @property
    def has_generations(self) -> bool:
        """Whether a conditional put names the generation of an object, and not its tag."""
        return self.scheme == "gs"

    def tag(self, meta: "ObjectMeta | Any") -> str:
        """Return what identifies the content of an object for a conditional put."""
        return (meta["version"] if self.has_generations else meta["e_tag"]) or ""

    def condition(self, tag: str) -> Any:
        """Return the condition of a put that the object still has this tag."""
        return {"version": tag} if self.has_generations else {"e_tag": tag}
