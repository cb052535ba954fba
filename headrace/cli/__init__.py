"""The command line. Each verb validates its words, calls one function, and prints one JSON object at the end.

Nothing heavy is imported here; a verb imports what it needs when it runs.
"""

# Verbs are listed in the order in which they are imported.
from headrace.cli import data_verbs, machine_verbs, model_verbs, registry_verbs, retraining_verbs
from headrace.cli.program import app, main

__all__ = ["app", "data_verbs", "machine_verbs", "main", "model_verbs", "registry_verbs", "retraining_verbs"]
