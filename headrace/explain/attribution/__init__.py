"""Attributions: which pixels or tokens a prediction depends on, by gradients, by activations and by occlusion."""
