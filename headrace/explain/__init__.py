"""What a bundle's answers rest on: pixels and words, as pictures and colours on one page."""
