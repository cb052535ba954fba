"""Client, location and errors of the MLflow store."""

import logging
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headrace.config import Configuration
from headrace.config.sections.registry import Registry as Settings
from headrace.errors import ConfigurationError, HeadraceError
from headrace.registry.damaged_database_checks import (
    has_content,
    require_intact,
    require_known,
    require_used_database,
    stored_versions,
)
from headrace.registry.object_sqlite import ObjectSqlite
from headrace.registry.registry_transaction import Transaction
from headrace.storage import ObjectPath, is_remote, locate

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

CHAMPION = "champion"
CHALLENGER = "challenger"
DATABASE = "mlflow.db"
SQLITE = "sqlite:///"
# MLflow's limit on the results of one search.
MAX_RUNS = 50_000
# MLflow's filter syntax cannot escape these characters in a value.
UNQUOTABLE = frozenset("'\\")


@dataclass(frozen=True)
class RegistryConnection:
    """The connection to the registry of one model: its runs and versions.

    Attributes:
        folder: absolute path, or path in a bucket; holds the bundles and, without a server, the SQLite database and
            the artifacts.
        name: name of the registered model and of the experiment.
        uri: location of MLflow's database or server.
        verify: whether the database must know every version in the folder; false to repair it.
    """

    folder: Path
    name: str
    uri: str
    verify: bool = True

    @cached_property
    def database(self) -> ObjectSqlite | None:
        """Database in a bucket, with its local copy; None if MLflow accesses the database itself."""
        file = self.folder / DATABASE
        return ObjectSqlite(file) if isinstance(file, ObjectPath) and self.uri == str(file) else None

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's client, connected.

        Raises:
            HeadraceError: the store cannot be opened.
            RegistryDamagedError: the database is missing, damaged, or does not know a version that the folder holds.
        """
        client_class = _mlflow()
        self.folder.mkdir(parents=True, exist_ok=True)
        # Before the database is fetched: another process may store a version now.
        stored = stored_versions(self.folder) if self.verify else set()
        self.require_database()
        self.transaction.refresh()
        self._create_database(client_class)
        client = client_class(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
        if stored:
            known = client.search_model_versions(f"name='{self.name}'", max_results=10_000)
            numbers = (int(version.version) for version in known)
            require_known(self.name, without_password(self.uri), self.folder, stored, numbers)
        return client

    def require_database(self) -> None:
        """Raise if the database file is damaged, or missing although the folder was used; do not connect to it.

        Raises:
            RegistryDamagedError: it is missing or damaged. A database in a bucket is checked when it is downloaded.
        """
        file = self.database_file
        if file and self.verify:
            require_used_database(file, has_content(file), self.folder)
        if file and not self.database and file.exists():
            require_intact(file, file)

    def _create_database(self, client_class: "type[MlflowClient]") -> None:
        """Create the database file of a new registry in one piece.

        Two processes that find none would both create MLflow's tables, and one of them would fail.
        """
        file = self.database_file
        if file is None or self.database or has_content(file):
            return
        with self.transaction.hold("create the registry's database"):
            if has_content(file):
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".new-") as folder:
                uri = f"{SQLITE}{Path(folder) / DATABASE}"
                client_class(tracking_uri=uri, registry_uri=uri).search_experiments(max_results=1)
                (Path(folder) / DATABASE).replace(file)

    def require_writable(self) -> None:
        """Raise if the registry cannot be changed, so that nothing is trained whose result could not be kept.

        Raises:
            HeadraceError: its folder or its database cannot be written, or another process holds it for too long.
        """
        self.transaction.require_lockable()
        file = self.database_file
        if file and not self.database and file.exists() and not os.access(file, os.W_OK):
            raise HeadraceError(f"The registry's database {file} cannot be written; make the file writable.")

    @property
    def database_file(self) -> Path | None:
        """File of the database, local or in a bucket; None on a server."""
        if self.database:
            return self.database.path
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    @property
    def tracking_uri(self) -> str:
        """URI that MLflow opens."""
        return f"{SQLITE}{self.database.local_copy}" if self.database else self.uri

    @cached_property
    def experiment(self) -> str:
        """ID of the experiment, created if missing; read it within `transaction.hold`."""
        experiment = self.client.get_experiment_by_name(self.name)
        if experiment is not None:
            return str(experiment.experiment_id)
        artifacts = self.folder / "artifacts"
        location = None if self.is_server else str(artifacts) if is_remote(artifacts) else artifacts.as_uri()
        return str(self.client.create_experiment(self.name, artifact_location=location))

    @property
    def is_server(self) -> bool:
        """Return whether an MLflow server stores the runs."""
        return urlsplit(self.uri).scheme in ("http", "https", "databricks")

    @cached_property
    def transaction(self) -> Transaction:
        """Lock and commit point for the changes of this process."""
        return Transaction(self.folder, self.database)


def open_registry(configuration: Configuration) -> RegistryConnection:
    """Return the registry of a configuration, without connecting to it.

    Raises:
        ConfigurationError: the configuration has no section `registry`.
    """
    settings = configuration.registry
    if settings is None:
        raise ConfigurationError(
            "The configuration has no section `registry`; expected registry.folder and registry.model; "
            "`headrace init --kind retrain` writes an example."
        )
    folder = locate(settings.folder).absolute()
    return RegistryConnection(folder, settings.model, _uri(settings, folder))


def _uri(settings: Settings, folder: Path) -> str:
    return settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or _database(folder / DATABASE)


def _database(file: Path) -> str:
    return str(file) if isinstance(file, ObjectPath) else f"{SQLITE}{file}"


def _mlflow() -> "type[MlflowClient]":
    """Import MLflow's client, which takes seconds, with telemetry and verbose logging off."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Report an unreachable server within a minute; MLflow's default is seven retries with exponential backoff.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from mlflow.tracking import MlflowClient

    # The import resets MLflow's logging level.
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    return MlflowClient


def registry_error(registry: RegistryConnection, error: Exception) -> HeadraceError:
    """Return an error that reports MLflow's `error` without passwords."""
    uri = without_password(registry.uri)
    # SQLAlchemy appends the statement and its parameters.
    cause = " ".join(str(error).replace(registry.tracking_uri, uri).split()).split(" [SQL:")[0][:300]
    return HeadraceError(f"A request to the registry at {uri} failed: {cause}")


def search_runs(registry: RegistryConnection, tags: dict[str, str]) -> list["Run"]:
    """Return the runs that have all of `tags`, newest first."""
    quotable = {key: value for key, value in tags.items() if not UNQUOTABLE.intersection(value)}
    query = " and ".join(f"tags.\"{key}\" = '{value}'" for key, value in quotable.items())
    runs = registry.client.search_runs([registry.experiment], query, max_results=MAX_RUNS)
    return [run for run in runs if tags.items() <= run.data.tags.items()]


def without_password(uri: str) -> str:
    """Return `uri` with its password masked."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    return parts._replace(netloc=f"{parts.username}:***@{parts.hostname}:{parts.port or ''}".rstrip(":")).geturl()
