"""The process that tests a network: `python -m headrace.train.model_dry_run RUN FILE`.

Prints one JSON object: `error`, a sentence, or None; `kind`, the class of the error; and `warnings`, sentences.
"""

import json
import sys
from pathlib import Path
from typing import Any

from headrace.engines.fast_keras_import import import_engines_lean
from headrace.errors import ConfigurationError, HeadraceError
from headrace.runs.run_folder import RunFolder
from headrace.table import read


def main(run: str, file: str) -> None:
    """Try the network in `file` for the run in the folder `run`, and print the answer."""
    record = RunFolder(run).record()
    if record is None:
        raise ConfigurationError(f"{run} is not the folder of a run.")
    import_engines_lean()
    from headrace.train.model_dry_run.network_dry_run import dry_run_network

    answer: dict[str, Any] = {"error": None, "kind": None, "warnings": []}
    try:
        answer["warnings"] = dry_run_network(Path(file), record, read(record.table, record.data_version))
    except HeadraceError as error:
        answer |= {"error": str(error), "kind": type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
