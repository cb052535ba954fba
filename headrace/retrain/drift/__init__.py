"""Data drift: the distance between new training rows and the rows that the champion was trained on."""
