"""Many trainings -> the best configuration. The only importer of optuna."""
