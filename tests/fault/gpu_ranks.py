"""Launch two ranks on a cluster whose workers declare GPUs, and print what each rank may see.

python -m tests.fault.gpu_ranks MASTER [--by-stage]
"""

import json
import sys
import tempfile
from pathlib import Path

from pyspark import TaskContext

from headrace.config.configuration_model import Spark
from headrace.config.sections.training import Resources
from headrace.spark.session import session
from headrace.train.launch.rank_message_channel import Message
from headrace.train.launch.rank_resource_profile import profile_for
from headrace.train.launch.spark_barrier_launcher import RankProgram, launch


def main(master: str, *, by_stage: bool) -> None:
    """Launch the ranks and print one JSON object: rank -> CUDA_VISIBLE_DEVICES."""
    settings = {
        "spark.master": master,
        "spark.pyspark.python": sys.executable,
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.executor.memory": "512m",
        "spark.executor.resource.gpu.amount": "2",
    }
    if not by_stage:
        settings["spark.task.resource.gpu.amount"] = "1"
    spark = session("gpus", Spark(settings=settings))
    received: list[Message] = []
    profile = profile_for(spark, Resources(gpus=1)) if by_stage else None
    if by_stage:
        # An earlier stage of the same program: its tasks have a core each and no GPU.
        given = spark.sparkContext.parallelize(range(2), 2).map(lambda _: list(TaskContext.get().resources())).collect()
        if given != [[], []]:
            raise ValueError(f"tasks of another stage were given {given}")
    with tempfile.TemporaryDirectory() as logs:
        program = RankProgram(module="tests.fault.gpu_rank", logs=Path(logs), profile=profile)
        launch(spark, 2, program, received.append)
    told = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    print(json.dumps({one["rank"]: one["visible"] for one in told}))


if __name__ == "__main__":
    main(sys.argv[1], by_stage="--by-stage" in sys.argv)
