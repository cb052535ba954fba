"""Tracking of training runs and studies as MLflow runs."""
