"""The steps of a retraining cycle, and the runner that executes, skips or resumes a step."""
