"""Tables of results for people."""

from headrace.cli.result_tables import (
    evaluation_table,
    explanation_summary,
    export_summary,
    gate_hint,
    prediction_table,
    promotion_summary,
    repair_summary,
    report_summary,
    retraining_table,
    training_table,
)


def test_evaluation_table_has_figures_and_intervals() -> None:
    metrics, intervals = {"accuracy": 0.75, "loss": 0.5}, {"accuracy": (0.5, 0.875)}
    result = {"split": "test", "version": 1, "rows": 1200, "metrics": metrics, "intervals": intervals}
    assert evaluation_table(result).splitlines() == [
        "test of version 1, 1,200 rows   value      95% interval",
        "accuracy                       0.7500  0.5000 to 0.8750",
        "loss                           0.5000",
    ]


def test_evaluation_table_says_where_to_look_further() -> None:
    result = {
        "split": "test",
        "version": 1,
        "rows": 2,
        "metrics": {"loss": 0.5},
        "intervals": {},
        "evaluation": "b/test.json",
    }
    result |= {"worst_classes": [{"name": "cat", "f1": 0.25, "rows": 4}, {"name": "dog", "f1": 0.5, "rows": 3}]}
    assert evaluation_table(result | {"run": "my runs/a"}).partition("\n\n")[2].splitlines() == [
        "smallest F1: cat 0.2500, dog 0.5000",
        "evaluation: b/test.json",
        "`headrace report 'my runs/a'` writes a page of it: classes, slices, mistakes",
    ]


def test_evaluation_table_promises_no_classes_where_there_are_none() -> None:
    result = {"split": "test", "version": 1, "rows": 2, "metrics": {"loss": 0.5}, "intervals": {}, "run": "run"}
    assert evaluation_table(result).endswith("`headrace report run` writes a page of it: mistakes")
    part = {"name": "high", "rows": 2, "metrics": {"loss": 0.5}, "intervals": {}}
    assert evaluation_table(result | {"slices": {"area": [part]}}).endswith("a page of it: slices, mistakes")


def test_evaluation_table_has_the_baselines_beside_the_model() -> None:
    baselines = {"persistence": {"mean_absolute_error": 4.5}, "seasonal": {"mean_absolute_error": 0.5}}
    result = {"split": "test", "version": 1, "rows": 147, "metrics": {"mean_absolute_error": 2.5}, "intervals": {}}
    assert evaluation_table(result | {"baselines": baselines}).splitlines() == [
        "test of version 1, 147 rows   value  95% interval  persistence  seasonal",
        "mean_absolute_error          2.5000                     4.5000    0.5000",
    ]


def test_tables_show_figures_that_are_small_or_large() -> None:
    result = {
        "split": "test",
        "version": 1,
        "rows": 1,
        "metrics": {"loss": 4.045e-05},
        "intervals": {"loss": (1e-5, 12345.678)},
    }
    assert evaluation_table(result).splitlines()[1].split() == ["loss", "4.045e-05", "1.000e-05", "to", "12,346"]


def test_training_table_has_both_splits_side_by_side() -> None:
    metrics = {"loss": 0.5, "val_loss": 0.625, "val_auc": 0.75}
    result = {"bundle_epoch": 3, "bundle": "run/bundle", "metrics": metrics}
    assert training_table(result).splitlines() == [
        "epoch 3  training  validation",
        "loss       0.5000      0.6250",
        "auc                    0.7500",
        "bundle: run/bundle",
    ]
    assert training_table(result | {"metrics": {"loss": 0.5}}).splitlines()[0] == "epoch 3  training"


def test_prediction_table_names_rejects_only_where_there_are_some() -> None:
    result = {"rows": 12000, "rejected": 0, "skipped": 3, "output": "out", "rejects": None}
    assert prediction_table(result).splitlines() == [
        "records   number",
        "rows      12,000",
        "rejected       0",
        "skipped        3",
        "skipped: hidden files and those of operating systems, such as .DS_Store",
        "output: out",
    ]
    assert prediction_table(result | {"skipped": 0}).endswith("skipped        0\noutput: out")
    assert "rejects: out/_rejects" in prediction_table(result | {"rejects": "out/_rejects"})


def test_export_summary_has_the_difference_to_the_bundle_and_the_folder() -> None:
    result = {"format": "onnx", "compared": 48, "greatest_difference": 2.98e-8, "tolerance": 1e-4, "output": "/out"}
    assert export_summary(result | {"compared_with": "random inputs"}).splitlines() == [
        "onnx: 48 predictions differ from the bundle's by at most 3.0e-08 (accepted: 0.0001)",
        "compared with: random inputs",
        "output: /out",
    ]


def test_export_summary_says_that_predictions_are_equal() -> None:
    result = {"format": "onnx", "compared": 48, "greatest_difference": 0.0, "tolerance": 1e-4, "output": "/out"}
    first, *_ = export_summary(result | {"compared_with": "random inputs"}).splitlines()
    assert first == "onnx: 48 predictions equal the bundle's"


def test_summaries_of_pages_name_the_file() -> None:
    assert explanation_summary({"page": "/why.html", "explained": 1}) == "output: /why.html, 1 explained prediction"
    assert report_summary({"report": "/run/report.html"}) == "output: /run/report.html"


def test_retraining_table_has_the_metrics_before_and_after() -> None:
    test = {"rows": 1200, "champion": {"accuracy": 0.5}, "challenger": {"accuracy": 0.75}}
    assert retraining_table({"test": test}).splitlines() == [
        "test, 1,200 rows  champion before  challenger",
        "accuracy                   0.5000      0.7500",
    ]
    assert retraining_table({"test": test | {"champion": None}}).splitlines()[0] == "test, 1,200 rows  challenger"
    assert retraining_table({"decision": "nothing to do"}) == retraining_table({"test": None}) == ""


def test_evaluation_table_shows_the_slices_that_were_asked_for() -> None:
    parts = [
        {"name": f"day{number}", "rows": 1200, "metrics": {"accuracy": 0.5, "loss": 1.0}, "intervals": {}}
        for number in range(22)
    ]
    parts[0]["intervals"] = {"accuracy": [0.25, 0.75]}
    table = evaluation_table(
        {"split": "test", "version": 1, "metrics": {}, "intervals": {}} | {"rows": 1, "slices": {"path": parts}}
    )
    assert table.startswith("test of version 1, 1 row ")
    lines = table.partition("\n\n")[2].splitlines()
    assert lines[0].split() == ["by", "path", "rows", "accuracy", "95%", "interval"]
    assert lines[1].split() == ["day0", "1,200", "0.5000", "0.2500", "to", "0.7500"]
    assert (len(lines), lines[-1]) == (22, "and 2 more slices, which the JSON has")


def test_gate_hint_is_a_command_and_a_key() -> None:
    reasons = ["accuracy against the champion's: expected an improvement"]
    data = (
        "`headrace inspect 'my tables/a' --changes` lists the files that are new; data.source.exclude leaves out those "
        "that are wrong"
    )
    assert gate_hint("my tables/a", {"test": {"rows": 5000}, "reasons": reasons}) == data
    few = gate_hint("my tables/a", {"test": {"rows": 22}, "reasons": reasons})
    assert few.startswith("22 test rows may be too few to show that a model is better: prepare more test data")
    assert few.endswith(f"if the new data may be wrong: {data}")
    undecided = [*reasons, "test rows that decide: expected 4 or more, received 3 of 5,000 rows"]
    assert "5,000 test rows may be too few" in gate_hint("t", {"test": {"rows": 5000}, "reasons": undecided})


def test_promotion_says_what_it_replaced_and_how_to_take_it_back() -> None:
    result = {"model": "clothes", "champion": 2, "replaced": 1, "rollback_to": 1, "serving": "registry/champion"}
    assert promotion_summary(result, ["my conf.yaml", "registry.model=b"]).splitlines() == [
        "champion of clothes: version 2, which replaces version 1",
        "serving: registry/champion",
        "`headrace models rollback 'my conf.yaml' registry.model=b` makes version 1 the champion again",
    ]
    first = result | {"replaced": None, "rollback_to": None}
    assert promotion_summary(first, ["c.yaml"]) == "champion of clothes: version 2\nserving: registry/champion"


def test_repair_says_what_is_restored_and_what_is_lost() -> None:
    result = {"model": "clothes", "registry": "sqlite:///mlflow.db", "restored": [1, 3], "lost": [2], "champion": 3}
    assert repair_summary(result | {"damaged_database": "mlflow.db.damaged"}).splitlines() == [
        "clothes in sqlite:///mlflow.db",
        "registered again: versions 1, 3",
        "no bundle is left of: version 2",
        "champion: version 3",
        "the damaged database is kept as mlflow.db.damaged",
    ]
    intact = result | {"restored": [], "lost": [], "champion": None, "damaged_database": None}
    assert repair_summary(intact).splitlines()[1:] == ["the registry knows every version", "no champion"]
