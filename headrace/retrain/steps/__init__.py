"""The steps of a retraining cycle, and how one of them is run, skipped or resumed."""
