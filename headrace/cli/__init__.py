"""The command line. Each command validates its arguments, calls one function and prints one JSON object at the end.

This package imports nothing heavy; a command imports what it needs when it runs.
"""

# Help lists the commands in the order of these imports.
from headrace.cli import (
    check_config_and_spark_properties_commands,
    data_commands,
    model_train_predict_export_commands,
    models_commands,
    retrain_and_schedule_commands,
    runs_and_compare_commands,
)
from headrace.cli.application import app, main

__all__ = [
    "app",
    "data_commands",
    "check_config_and_spark_properties_commands",
    "main",
    "model_train_predict_export_commands",
    "models_commands",
    "retrain_and_schedule_commands",
    "runs_and_compare_commands",
]
