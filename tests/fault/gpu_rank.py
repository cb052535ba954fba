"""Rank program: report which GPU the rank may see."""

import os

from headrace.train.rank.pipe_to_spark_task import Channel

if __name__ == "__main__":
    Channel().send(kind="gpu", rank=os.environ["HOROVOD_RANK"], visible=os.environ.get("CUDA_VISIBLE_DEVICES"))
