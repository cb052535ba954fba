"""The directory of a training run: its record, its metrics, its checkpoints, and what may change when it resumes."""
