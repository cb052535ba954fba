"""Numbers with their nouns, as all messages, tables and pages write them."""

ENDINGS_WITH_ES = ("s", "x", "ch", "sh")


def quantity(amount: int, noun: str) -> str:
    """Return `amount` with thousands separators and its noun: `1 rank`, `4 ranks`, `1,200 classes`.

    Args:
        noun: in the singular, with words before it if there are any, such as `new file`.
    """
    # The ch of an epoch is a k.
    takes_es = noun.endswith(ENDINGS_WITH_ES) and not noun.endswith("epoch")
    ending = "" if amount == 1 else "es" if takes_es else "s"
    return f"{amount:,} {noun}{ending}"


def quantity_have(amount: int, noun: str) -> str:
    """Return `quantity` with its verb: `1 class has`, `2 classes have`."""
    return f"{quantity(amount, noun)} {'has' if amount == 1 else 'have'}"
