"""The whole page: what it shows, what it must never contain, and how it treats missing parts."""

import html
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import DataError
from headrace.report import run_page, write_report
from headrace.report.data_section import TableData, describe_data
from headrace.report.run_folder_files import RunFile

MakeRun = Callable[..., Path]
HOSTILE = "<script>alert(1)</script>"
HOSTILE_PATH = """te"st/o'brien & <img src=x onerror=alert(1)>/7.png"""


class Page(HTMLParser):
    """Parse a page into its elements with attributes and its visible text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.hidden = 0
        self.source = page.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.hidden += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def write_page(run: Path) -> Page:
    """Write the page of the run and parse it."""
    return Page(write_report(run))


def update_json(path: Path, **values: Any) -> None:
    """Replace these values in a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_report_is_written_to_run_folder_or_given_path(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    assert write_report(run) == run / "report.html"
    other = tmp_path / "elsewhere" / "page.html"
    assert write_report(run, other) == other
    assert other.read_bytes() == (run / "report.html").read_bytes()


def test_headline_shows_accuracy_rows_ranks_and_duration(make_run: MakeRun) -> None:
    run = make_run(rows={"train": 24, "test": 12}, ranks=2)
    update_json(run / "run.json", command="headrace train conf/other.yaml")
    page = write_page(run)
    text = page.text
    assert page.source.count("<h1>shapes</h1>") == page.source.count("<title>shapes · Headrace") == 1
    assert "configured by conf/other.yaml" in text
    # 9 of 12 are right: one row of each of three classes is wrong.
    assert "Accuracy, test split 75.0% 95% interval 46.8% to 91.1%, 9 of 12 rows" in text
    assert "Rows 36 24 train, 12 test" in text
    assert "Ranks 2 global batch 128 rows" in text
    # The time of the steps by the metrics log, over all attempts; 192.4 s are those of the last command.
    assert "Training time 10.7 s 60 steps, 3 epochs, without start-up" in text


def test_page_balances_records_in_with_rows_written_rejected_and_duplicate(make_run: MakeRun) -> None:
    text = write_page(make_run()).text
    assert "39 rows in = 36 written + 1 rejected + 2 duplicates" in text


def test_data_section_names_the_numbers_that_were_filled(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = {"filled": {"size": 12, "age": 3}}
    changed = describe_with(lambda data: replace(data, summary=data.summary.model_copy(update=filled)))
    monkeypatch.setattr(run_page, "describe_data", changed)
    assert "became the mean of the training split, rows by column: size 12, age 3." in write_page(make_run()).text


def test_one_duplicate_is_singular(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = describe_with(lambda data: replace(data, summary=data.summary.model_copy(update={"duplicates": 1})))
    monkeypatch.setattr(run_page, "describe_data", changed)
    assert "+ 1 rejected + 1 duplicate Rows by class" in write_page(make_run()).text


def test_data_without_classes_and_images_has_no_class_column_and_no_samples(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_page, "describe_data", describe_with(lambda data: replace(data, rows={}, samples=None)))
    text = write_page(make_run()).text
    assert "Rows by split train test All 24 12 36" in text
    assert "Samples of the training split" not in text


def describe_with(change: Callable[[TableData], TableData]) -> Callable[[RunFile], TableData]:
    """Return the description of a run's data with a change."""

    def describe(run: RunFile) -> TableData:
        data = describe_data(run)
        assert isinstance(data, TableData)
        return change(data)

    return describe


def test_page_lists_counts_statistics_and_rejected_records(make_run: MakeRun) -> None:
    text = write_page(make_run()).text
    assert "Class train test All circle 8 4 12" in text
    assert "All 24 12 36" in text
    assert "grey 33.318 78.567" in text
    assert "circle/broken.png damaged image file is truncated" in text


def test_page_lists_at_most_20_rejected_records(make_run: MakeRun) -> None:
    rejects = tuple((f"broken-{number:02d}.png", "not_an_image", "begins with b'GIF'") for number in range(30))
    text = write_page(make_run(rejects=rejects)).text
    assert "The first 20 of 30." in text
    assert text.count("not an image begins with") == 20
    assert "not an image 30" in text


@pytest.mark.parametrize(("codec", "shape"), [("png", (28, 28, 1)), ("raw", (20, 28, 3)), ("jpeg", (120, 200, 3))])
def test_page_shows_up_to_8_samples_of_every_class(make_run: MakeRun, codec: str, shape: tuple[int, int, int]) -> None:
    page = write_page(make_run(codec=codec, shape=shape, rows={"train": 30, "test": 12}))
    samples = [image["alt"] or "" for image in page.all("img") if "sample" in (image["alt"] or "")]
    assert sorted(samples) == sorted(
        f"{name}, sample {number}" for name in ("circle", "square", "cross") for number in range(1, 9)
    )


def test_page_shows_curve_of_every_metric_by_step_and_epoch(make_run: MakeRun) -> None:
    run = make_run()
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "epoch", "step": 60, "epoch": 2, "loss": 0.1, "learning_rate": 0.001}\n{"kind": "st')
    page = write_page(run)
    labels = " ".join(svg.get("aria-label") or "" for svg in page.all("svg"))
    assert "Loss by training step" in labels
    assert "Accuracy by training step" in labels
    assert "Learning rate by training step" in labels
    assert "validation loss after epoch 1: 0." in page.text


def chosen_rows(page: Page) -> list[str]:
    """Return the text of the first cell of each marked row."""
    return [" ".join(row.split()) for row in re.findall(r'<tr class="chosen"><th scope="row">(.*?)</th>', page.source)]


def test_page_says_which_epoch_the_bundle_has_and_marks_its_row(make_run: MakeRun) -> None:
    """The reader sees at the curves and at the evaluation that the bundle is not that of the last epoch."""
    run = make_run(epochs=3)
    update_json(run / "result.json", monitored="val_loss", best_epoch=2, bundle_epoch=2)
    page = write_page(run)
    assert page.text.count("The bundle has the weights of epoch 2, the best by val_loss.") == 2
    assert chosen_rows(page) == ["2 (bundle)"]


def test_page_names_the_best_epoch_where_the_bundle_has_the_last(make_run: MakeRun) -> None:
    run = make_run(epochs=3)
    update_json(run / "result.json", monitored="val_loss", best_epoch=1, bundle_epoch=3)
    page = write_page(run)
    assert "The bundle has the weights of epoch 3, the last; the best by val_loss is epoch 1." in page.text
    assert chosen_rows(page) == ["3 (bundle)"]


def test_page_of_an_unfinished_run_marks_no_epoch(make_run: MakeRun) -> None:
    run = make_run(epochs=3)
    (run / "result.json").unlink()
    page = write_page(run)
    assert chosen_rows(page) == []
    assert "The bundle has" not in page.text


def test_page_states_bit_equal_weights_with_hash(make_run: MakeRun) -> None:
    text = write_page(make_run(ranks=4)).text
    assert f"All 4 ranks ended with bit-identical weights, SHA-256 {'c' * 64}" in text


def test_page_of_two_ranks_says_both(make_run: MakeRun) -> None:
    assert "Both ranks ended with bit-identical weights" in write_page(make_run(ranks=2)).text


def test_page_of_one_rank_claims_no_equality(make_run: MakeRun) -> None:
    text = write_page(make_run(ranks=1)).text
    assert "bit-identical" not in text
    assert "c" * 64 in text


def test_confusion_matrix_has_counts_and_row_percentages(make_run: MakeRun) -> None:
    page = write_page(make_run())
    titles = [cell["title"] for cell in page.all("td") if "title" in cell]
    assert len(titles) == 9
    assert "circle predicted correctly: 3 of 4, 75.0%" in titles
    assert "circle predicted as square: 1 of 4, 25.0%" in titles
    assert "circle 0.750 0.750 0.750 4" in page.text


def test_page_names_no_class_the_most_frequent_if_all_are_equally_frequent(make_run: MakeRun) -> None:
    text = write_page(make_run()).text
    assert "predicting one of the 3 most frequent classes, which have equally many rows, such as circle , would" in text


def test_page_of_many_classes_lists_most_frequent_confusions(make_run: MakeRun) -> None:
    classes = tuple(f"class {number:03d}" for number in range(60))
    page = write_page(make_run(classes=classes, rows={"train": 120, "test": 240}))
    assert "Most frequent confusions" in page.text
    assert "class 000 class 001 1 25.0%" in page.text
    assert not [cell for cell in page.all("td") if "title" in cell]
    assert "The first 20 of 60 classes." in page.text


def test_mistakes_have_image_classes_probabilities_and_path(make_run: MakeRun) -> None:
    page = write_page(make_run(mistake_path="test/circle/77.png"))
    assert "predicted >99.9% square true <0.1% circle test/circle/77.png" in page.text
    assert len([image for image in page.all("img") if "predicted as" in (image["alt"] or "")]) == 12


def test_page_shows_throughput_by_stage(make_run: MakeRun) -> None:
    run = make_run()
    (run / "stages.json").write_text('{"report": 1.5, "predict": 7.25, "fetch": 3, "prepare": 21.5}')
    (run / "predictions.json").write_text('{"rows": 500, "seconds": 2.5}')
    text = write_page(run).text
    assert "Fetch – – – 3.0 Prepare 39 rows 3.120 rows/s 12.5 21.5" in text
    # The speed is that of the result, so that page and command agree.
    assert "Train 60 steps 718 rows/s 10.7" in text
    assert "Evaluate, test split 12 rows 2.857 rows/s 4.2" in text
    assert "Predict 500 rows 200 rows/s 2.5 7.2 Report – – – 1.5" in text


def test_page_shows_commands_versions_hashes_and_configuration_to_reproduce(make_run: MakeRun) -> None:
    page = write_page(make_run())
    assert "headrace prepare conf/shapes.yaml headrace train conf/shapes.yaml train.ranks=2" in page.text
    assert "headrace evaluate runs/shapes/bundle --table table" in page.text
    for name, version in {"Spark": "4.0.5", "TensorFlow": "2.18.1", "Horovod": "0.28.1", "deltalake": "1.6.6"}.items():
        assert f"{name} {version}" in page.text
    for letter in "abcde":
        assert letter * 64 in page.text
    assert "dropout: 0.25" in page.text


def test_page_withholds_secrets(make_run: MakeRun) -> None:
    run = make_run(configuration={"spark": {"settings": {"spark.hadoop.fs.s3a.access.key": "hush-hush"}}})
    update_json(run / "run.json", command="headrace train conf/shapes.yaml data.password=hush-hush")
    page = write_page(run)
    assert "hush-hush" not in page.source
    assert "spark.hadoop.fs.s3a.access.key: (withheld)" in page.text


def test_page_escapes_hostile_names(make_run: MakeRun) -> None:
    page = write_page(
        make_run(
            classes=("circle", HOSTILE, 'it\'s "quoted" & more'),
            mistake_path=HOSTILE_PATH,
            rejects=((HOSTILE_PATH, "damaged", f"{HOSTILE} {{{{ 7 * 7 }}}}"),),
        )
    )
    assert page.text.count(HOSTILE) > 5
    assert page.text.count(" ".join(HOSTILE_PATH.split())) == 2
    assert "{{ 7 * 7 }}" in page.text
    assert not page.all("script")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert f"{html.escape(HOSTILE)} predicted as" in page.source


def test_page_loads_no_external_resources(make_run: MakeRun) -> None:
    page = write_page(make_run())
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.elements}
    loads = [v for _, attributes in page.elements for k, v in attributes.items() if k in ("src", "href", "xlink:href")]
    assert loads
    assert all(re.match(r"data:image/(png|jpeg);base64,|#", value or "") for value in loads)
    assert "@import" not in page.source
    assert "url(" not in page.source
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_page_of_same_run_has_same_bytes(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    pages = {write_report(run, tmp_path / name).read_bytes() for name in ("one.html", "two.html")}
    assert len(pages) == 1


@pytest.mark.parametrize(("ranks", "legend"), [(1, "logged steps</li>"), (2, "logged steps, rows of rank 0</li>")])
def test_legend_says_whose_rows_the_logged_steps_have(make_run: MakeRun, ranks: int, legend: str) -> None:
    """Epochs have the metrics of all ranks, so that the two lines differ."""
    run = make_run(configuration={"train": {"run": "runs/shapes", "ranks": ranks}})
    assert legend in write_report(run).read_text()


def test_page_of_an_interrupted_run_does_not_ask_to_evaluate_a_bundle_that_is_not_there(make_run: MakeRun) -> None:
    run = make_run()
    shutil.rmtree(run / "bundle")
    (run / "result.json").unlink()
    text = write_page(run).text
    assert "The training has written no bundle yet" in text
    assert "To evaluate it, run:" not in text


def test_page_without_evaluation_shows_command(make_run: MakeRun) -> None:
    run = make_run()
    shutil.rmtree(run / "bundle" / "evaluation")
    text = write_page(run).text
    assert "The model has not been evaluated yet. To evaluate it, run:" in text
    assert f"headrace evaluate {run / 'bundle'} --table {run.parents[1] / 'table'} --version 0" in text
    assert "not evaluated yet" in text


def test_page_of_unfinished_run_shows_command(make_run: MakeRun) -> None:
    run = make_run()
    for name in ("result.json", "metrics.jsonl", "stages.json"):
        (run / name).unlink()
    shutil.rmtree(run / "bundle")
    text = write_page(run).text
    assert "The training has not finished" in text
    assert "headrace train conf/shapes.yaml train.ranks=2" in text
    assert "No step was logged." in text


def test_page_without_table_shows_command(make_run: MakeRun) -> None:
    run = make_run()
    shutil.rmtree(run.parents[1] / "table")
    text = write_page(run).text
    assert "is not a prepared table" in text
    assert "headrace prepare conf/shapes.yaml" in text
    assert "Accuracy, test split" in text


def test_page_without_shards_and_rejects_keeps_other_sections(make_run: MakeRun) -> None:
    run = make_run()
    table = run.parents[1] / "table"
    shutil.rmtree(table / "split=train")
    shutil.rmtree(table.with_name("table.rejects"))
    text = write_page(run).text
    assert "No sample images can be shown" in text
    assert "rejects table" in text
    assert "39 rows in" in text


def test_moved_run_finds_its_bundle(make_run: MakeRun) -> None:
    run = make_run()
    moved = run.rename(run.with_name("moved"))
    assert "Accuracy, test split" in write_page(moved).text


def test_page_points_out_evaluation_on_another_table_version(make_run: MakeRun) -> None:
    run = make_run()
    update_json(run / "bundle" / "evaluation" / "test.json", version=3)
    assert "the model was trained on version 0" in write_page(run).text


def test_report_refuses_folder_that_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not the folder of a training run: it contains no run\.json"):
        write_report(tmp_path)


def test_report_names_the_run_of_a_bundle_and_one_below_a_folder(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(DataError, match=rf"contains no run\.json; expected {run.absolute()}\.$"):
        write_report(run / "bundle")
    with pytest.raises(DataError, match=rf"expected a run in it, such as {run.absolute()}\.$"):
        write_report(run.absolute().parent)


def test_report_names_damaged_file(make_run: MakeRun) -> None:
    run = make_run()
    update_json(run / "bundle" / "evaluation" / "test.json", confusion=[[1, 2], [3, 4]])
    with pytest.raises(DataError, match=r"test\.json is damaged: .*must have 3 rows of 3 counts"):
        write_report(run)
    assert not (run / "report.html").exists()


def test_report_refuses_unwritable_output(make_run: MakeRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="File exists"):
        write_report(make_run(), tmp_path / "file" / "report.html")
