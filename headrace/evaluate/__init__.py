"""Evaluation of a bundle on a split that it was not trained on."""
