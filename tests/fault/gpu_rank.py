"""Rank program: report which GPU the rank may see."""

import os

from headrace.train.rank.task_connection import Channel

if __name__ == "__main__":
    Channel().send(kind="gpu", rank=os.environ["HOROVOD_RANK"], visible=os.environ.get("CUDA_VISIBLE_DEVICES"))
