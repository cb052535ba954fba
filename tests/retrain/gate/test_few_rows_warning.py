"""A small test split is warned of with what it can show."""

from headrace.retrain.gate.few_rows_warning import few_rows_warning


def test_small_test_split_is_warned_of_with_what_it_can_show() -> None:
    assert few_rows_warning(100, 0.95, "version 0") == ""
    assert few_rows_warning(60, 0.95, "version 0").startswith(
        "The test split of version 0 has only 60 rows: two models that differ on fewer than 5 of them (8%) cannot be "
        "distinguished with 95% confidence."
    )
    assert "has only 4 rows: models cannot be distinguished" in few_rows_warning(4, 0.95, "version 0")
