"""The command line. Each command validates its arguments, calls one function and prints one JSON object at the end.

This package imports nothing heavy; a command imports what it needs when it runs.
"""

# Help lists the commands in the order of these imports.
from headrace.cli import data_verbs, machine_verbs, model_verbs, registry_verbs, retraining_verbs
from headrace.cli.program import app, main

__all__ = ["app", "data_verbs", "machine_verbs", "main", "model_verbs", "registry_verbs", "retraining_verbs"]
