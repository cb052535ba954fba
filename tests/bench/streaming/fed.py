"""`python -m tests.bench.streaming.fed`: a small CNN, fed in turns by the stream and from NumPy.

One process and one compiled model; epochs alternate, and the first of each is a warm-up. Prints the ratio of the median
speeds, and for each the median time of an epoch over that of the slowest.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.networks.network_build_and_checks import build_model
from headrace.stream.build_plan_and_rank_stream import training_plan
from headrace.stream.tf_data_pipeline import training_batches
from tests.bench.streaming.contenders.rows import BATCH
from tests.bench.streaming.data import small_images, write_table

ROOT = Path(__file__).parent.parent.parent.parent


def main() -> None:
    """Measure and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--width", type=int, default=8, help="of the network; 32 is the demo's")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    rows = small_images()
    pixels = np.frombuffer(b"".join(rows.inputs), np.uint8).reshape(-1, 28, 28, 1)
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        version = write_table(Path(folder) / "table", rows)
        batches = training_batches(version, training_plan(version, "train", BATCH, 16, seed=0), Stream())
        model = build_model(ROOT / "models/cnn.py", version.contract, {"width": options.width, "dense": 64})
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
        steps = batches.stream.plan.steps
        seconds: dict[str, list[float]] = {"stream": [], "numpy": []}
        for epoch in range(options.epochs + 1):
            began = time.perf_counter()
            model.fit(batches.dataset(epoch, 0, epoch + 1), epochs=1, steps_per_epoch=steps, verbose=0)
            seconds["stream"].append(time.perf_counter() - began)
            began = time.perf_counter()
            model.fit(pixels, rows.labels, batch_size=BATCH, epochs=1, verbose=0)
            seconds["numpy"].append(time.perf_counter() - began)
    print(json.dumps(_figures({name: found[1:] for name, found in seconds.items()}, len(pixels))))


def _figures(seconds: dict[str, list[float]], rows: int) -> dict[str, object]:
    """Return the figures of both, computed from the seconds of each epoch."""
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    return {
        "rows_per_second": {name: round(rows / median, 1) for name, median in medians.items()},
        "stream_over_numpy": round(medians["numpy"] / medians["stream"], 3),
        "slowest_over_median": {name: round(medians[name] / max(found), 3) for name, found in seconds.items()},
        "seconds": {name: [round(each, 3) for each in found] for name, found in seconds.items()},
    }


if __name__ == "__main__":
    main()
