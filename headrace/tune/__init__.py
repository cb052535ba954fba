"""Hyperparameter search: trains many configurations and returns the best. Only this package imports optuna."""
