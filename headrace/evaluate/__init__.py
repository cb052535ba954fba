"""How good a bundle is on a split it was not trained on."""
