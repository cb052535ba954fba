"""Training runs and model versions, kept by MLflow; nothing else imports it."""
