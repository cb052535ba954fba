"""Bytes that ranks send for one step, counted by the kernel, compared with 4 x parameters x 2(N-1)/N.

    python -m tests.bench.wire_bytes [--ranks 2 4 8 16] [--parameters 421642]

Ranks are processes in their own network namespace (created by `unshare`), where nothing else sends. Its loopback
interface carries exactly what they send, including TCP headers.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

STEPS = 20
# Two rounds that differ only in their steps, so that the traffic of start and end cancels out.
ENVIRONMENT = {
    "HOROVOD_CONTROLLER": "gloo", "HOROVOD_CPU_OPERATIONS": "gloo", "HOROVOD_GLOO_IFACE": "lo",
    "HOROVOD_GLOO_RENDEZVOUS_ADDR": "127.0.0.1", "HOROVOD_HOSTNAME": "localhost", "TF_CPP_MIN_LOG_LEVEL": "2",
    "HOROVOD_CROSS_RANK": "0", "HOROVOD_CROSS_SIZE": "1", "HOROVOD_GLOO_TIMEOUT_SECONDS": "600",
}  # fmt: skip


def loopback_bytes() -> int:
    """Return the bytes that the namespace's loopback has carried."""
    line = next(line for line in Path("/proc/net/dev").read_text().splitlines() if "lo:" in line)
    return int(line.split()[1])


def rank(parameters: int, compression: str) -> None:
    """Run one rank: reduce gradients of `parameters` numbers; rank 0 prints bytes per step over all ranks."""
    import horovod.tensorflow as hvd
    import tensorflow as tf

    from headrace.train.distributed.gradient_averaging_and_monitoring import mean_gradients

    hvd.init()
    gradients = [tf.random.normal([parameters // 2]), tf.random.normal([parameters - parameters // 2])]
    counts = []
    step = tf.function(lambda: mean_gradients(gradients, compression))
    for _ in range(3):
        step()
    for steps in (1, STEPS + 1):
        hvd.allreduce(tf.zeros(1), name="barrier")
        before = loopback_bytes()
        for _ in range(steps):
            step()
        hvd.allreduce(tf.zeros(1), name="barrier")
        counts.append(loopback_bytes() - before)
    if hvd.rank() == 0:
        print(json.dumps((counts[1] - counts[0]) / STEPS))
    hvd.shutdown()
    os._exit(0)


def measure(ranks: int, parameters: int, compression: str) -> float:
    """Return bytes per step and rank, measured inside the namespace."""
    import threading

    from horovod.runner.http.http_server import RendezvousHandler, RendezvousHTTPServer

    with RendezvousHTTPServer(("127.0.0.1", 0), RendezvousHandler, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = os.environ | ENVIRONMENT | {"HOROVOD_GLOO_RENDEZVOUS_PORT": str(server.server_address[1])}
        environment |= {"HOROVOD_SIZE": str(ranks), "HOROVOD_LOCAL_SIZE": str(ranks)}
        command = [sys.executable, "-m", "tests.bench.wire_bytes", "--rank", "--parameters", str(parameters)]
        processes = [
            subprocess.Popen(
                [*command, "--compression", compression],
                env=environment | {"HOROVOD_RANK": str(number), "HOROVOD_LOCAL_RANK": str(number)},
                stdout=subprocess.PIPE if number == 0 else subprocess.DEVNULL,
                text=True,
            )
            for number in range(ranks)
        ]
        out, _ = processes[0].communicate(timeout=600)
        for process in processes[1:]:
            process.wait(timeout=60)
        server.shutdown()
    return float(json.loads(out.splitlines()[-1])) / ranks


def main() -> None:
    """Print a line for every number of ranks and compression."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--parameters", type=int, default=421_642, help="models/cnn.py on 28 x 28 images has these")
    parser.add_argument("--compression", nargs="+", default=["none", "fp16", "bf16"])
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank:
        return rank(options.parameters, options.compression[0])
    if not options.inside:
        words = ["--ranks", *map(str, options.ranks), "--parameters", str(options.parameters), "--compression"]
        script = 'ip link set lo up && exec "$@"'
        again = [sys.executable, "-m", "tests.bench.wire_bytes", "--inside", *words, *options.compression]
        sys.exit(subprocess.run(["unshare", "-rn", "sh", "-c", script, "sh", *again], check=False).returncode)
    for compression in options.compression:
        for ranks in options.ranks:
            found = measure(ranks, options.parameters, compression)
            expected = (4 if compression == "none" else 2) * options.parameters * 2 * (ranks - 1) / ranks
            figures = {"bytes": round(found), "expected": round(expected), "ratio": round(found / expected, 4)}
            print(json.dumps({"ranks": ranks, "compression": compression} | figures), flush=True)
    return None


if __name__ == "__main__":
    main()
