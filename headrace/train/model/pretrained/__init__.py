"""Start from pretrained weights: find layers, transfer weights and freeze them."""
