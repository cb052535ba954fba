"""Tracking: training runs and studies as MLflow's runs."""
