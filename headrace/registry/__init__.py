"""Tracked training runs and registered model versions, stored by MLflow; only this package imports MLflow."""
