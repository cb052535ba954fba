"""Datasets that Petastorm wrote: their schema, and the codecs of their fields."""
