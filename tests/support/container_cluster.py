"""The cluster of docker/compose.yaml as a user at its client sees it."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.containers.engine import CommandResult, Engine

CLIENT = "headrace-client"


# As long as `LONG` trains, a container can be killed in the middle of it.
CONFIGURATION = """
data: {source: {kind: folder, path: /work/raw}, table: /work/table}
prepare: {image: {mode: L, size: [28, 28], codec: raw}, shard_rows: 100}
model: {file: /opt/headrace/models/cnn.py, options: {width: 4, dense: 16}}
train: {run: /work/run, ranks: 2, epochs: 40, batch_size: 64, checkpoint_every_steps: 25, log_every_steps: 1}
"""


@dataclass(frozen=True)
class ContainerCluster:
    """The cluster, as its client sees it."""

    engine: Engine

    def client(self, *words: str, seconds: float = 300) -> CommandResult:
        """Run a command in the client."""
        return self.engine.inside(CLIENT, *words, seconds=seconds)

    def submit(self, job: str, *words: str) -> CommandResult:
        """Run one of the jobs with `spark-submit`."""
        return self.client(*submission(job, *words), seconds=580)


def submission(job: str, *words: str) -> tuple[str, ...]:
    return ("spark-submit", f"/opt/headrace/jobs/{job}.py", *words)


def archive(raw: Path, configuration: str) -> bytes:
    """Return an archive of `raw/` and `conf.yaml`, which the user of the containers unpacks and so owns."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as packed:
        packed.add(raw, "raw")
        entry = tarfile.TarInfo("conf.yaml")
        entry.size = len(configuration)
        packed.addfile(entry, io.BytesIO(configuration.encode()))
    return whole.getvalue()
