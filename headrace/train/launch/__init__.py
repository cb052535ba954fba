"""Launching ranks on Spark executors: placement, processes, messages, restarts."""
