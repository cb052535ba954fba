"""Two ranks on a cluster whose workers say that they have GPUs; prints what each rank may see.

python -m tests.fault.gpu_ranks MASTER
"""

import json
import sys
import tempfile
from pathlib import Path

from headrace.config.sections import Spark
from headrace.spark import session
from headrace.train.launch import launch
from headrace.train.messages import Message


def main(master: str) -> None:
    """Launch, and print one JSON object: rank -> CUDA_VISIBLE_DEVICES."""
    settings = {
        "spark.master": master,
        "spark.pyspark.python": sys.executable,
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.executor.memory": "512m",
        "spark.executor.resource.gpu.amount": "2",
        "spark.task.resource.gpu.amount": "1",
    }
    spark = session("gpus", Spark(settings=settings))
    received: list[Message] = []
    with tempfile.TemporaryDirectory() as logs:
        launch(spark, 2, "tests.fault.gpu_rank", (), Path(logs), received.append, stall_timeout_seconds=60)
    told = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    print(json.dumps({one["rank"]: one["visible"] for one in told}))


if __name__ == "__main__":
    main(sys.argv[1])
