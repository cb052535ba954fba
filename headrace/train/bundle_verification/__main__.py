"""The process that loads a bundle as another machine would: `python -m headrace.train.bundle_verification ORIGIN`.

It reads requests from standard input and answers on standard output, one JSON object per line; standard error is the
rank's log. Its working directory is empty, in the folder that both processes share; it removes that folder and exits
when standard input ends, which the kernel sees to when the rank is killed.
"""

import os
import queue
import sys
import threading
from pathlib import Path

from headrace.engines.fast_keras_import import import_engines_lean
from headrace.storage.atomic_files_and_folders import remove_tree
from headrace.train.rank.pipe_to_spark_task import Channel

# Not 0 and not the default of `train.seed`: a network must not depend on the seed of the process.
SEED = 1_640_531_527


def main(origin: str) -> None:
    """Import what inference needs, then answer requests until there are no more.

    Args:
        origin: working directory of the rank.
    """
    channel = Channel()
    import_engines_lean()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, Path.cwd().parent), daemon=True).start()
    from headrace.train.bundle_verification.process_protocol import Request
    from headrace.train.bundle_verification.request_handler import BundleLoader

    loader = BundleLoader(Path(origin))
    while True:
        answer = loader.answer(Request.model_validate_json(requests.get()), SEED)
        channel.send(**answer.model_dump())


def _receive(requests: "queue.SimpleQueue[bytes]", shared: Path) -> None:
    # Bytes: PYTHONIOENCODING may name an encoding that lacks the letters of a path.
    for line in sys.stdin.buffer:
        requests.put(line)
    remove_tree(shared)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
