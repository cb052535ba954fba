"""Explanations of a bundle's predictions: heatmaps over images and coloured words of texts, on one HTML page."""
