"""Sections of the configuration that describe the inputs of a model, one module for each kind."""
