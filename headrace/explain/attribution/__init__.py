"""Attributions: which pixels or tokens a prediction rests on, by gradients, by activations and by occlusion."""
