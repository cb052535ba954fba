"""The second stage of sounds: none, as the first writes final shards."""

from headrace.features.image.second_stage import finish

__all__ = ["finish"]
