"""`headrace train` with every rank pinned to its own core: rank 0 to the first core, and so on."""

import json
import sys
from pathlib import Path

import psutil

from headrace.config import load
from headrace.train import job
from headrace.train.launch.rank_message_channel import Message
from headrace.train.rank_message_receiver import RankMessageReceiver
from tests.bench.__main__ import steady_speed


class Pinning(RankMessageReceiver):
    """Receiver of messages that pins each rank to its core when the rank reports that it has started."""

    def receive(self, message: Message) -> None:
        if message.get("kind") == "started":
            psutil.Process(message["pid"]).cpu_affinity([message["rank"] % psutil.cpu_count()])
        super().receive(message)


def main(conf: str, overrides: list[str]) -> None:
    """Train and print the figures."""
    job.RankMessageReceiver = Pinning  # type: ignore[misc]
    configuration = load(conf, overrides)
    result = job.train(configuration)
    settings = configuration.train
    speed = steady_speed(Path(result["run"], "metrics.jsonl"), settings.ranks * settings.batch_size)
    saved = max(1, -(-result["steps"] // settings.checkpoint_every_steps))
    figures = {
        "images_per_second": speed,
        "seconds_to_first_step": result["seconds_to_first_step"],
        "milliseconds_a_checkpoint": 1000 * result["checkpoint_seconds"] / saved,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
