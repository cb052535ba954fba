"""Units of times that are written as numbers."""

# Units of times that are numbers, in seconds, and the numbers that they have in the years from 1980 to 2100.
TIME_UNITS = (
    ("milliseconds", 1e-3, 3e11, 4.2e12),
    ("microseconds", 1e-6, 3e14, 4.2e15),
    ("nanoseconds", 1e-9, 3e17, 4.2e18),
    ("days of a spreadsheet", 86400.0, 29000.0, 74000.0),
    ("days written as one number", 86400.0, 1.9e7, 2.11e7),
    # A step to the next day, hour or minute skips the numbers that no time has: from 2024030123 to 2024030200 is 77.
    ("hours written as one number", 3600.0, 1.9e9, 2.11e9),
    ("hours written as one number", 864.0, 1.9e9, 2.11e9),
    ("minutes written as one number", 60.0, 1.9e11, 2.11e11),
    ("minutes written as one number", 36.0, 1.9e11, 2.11e11),
    ("minutes written as one number", 8.64, 1.9e11, 2.11e11),
    ("seconds written as one number", 1.0, 1.9e13, 2.11e13),
    ("seconds written as one number", 0.6, 1.9e13, 2.11e13),
    ("seconds written as one number", 0.36, 1.9e13, 2.11e13),
    ("seconds written as one number", 0.0864, 1.9e13, 2.11e13),
    ("years", 365.25 * 86400, 1800.0, 2200.0),
)
# Those that count from 1970, the first of which is what numbers of times must be.
EPOCH_UNITS = (("seconds", 1.0, 3e8, 4.2e9), *TIME_UNITS[:3])
