"""A configuration is validated as a whole, and any mistake is reported in one sentence."""

import json
import shlex
import warnings
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.config import Configuration, load
from headrace.config.load import SYNONYMS, _known_keys, build, read_yaml
from headrace.errors import ConfigurationError
from tests.support.commands import headrace

SMALLEST = "data: {source: {path: raw}, table: table}\nmodel: {file: cnn.py}\ntrain: {run: run}\n"


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    """The smallest configuration that is valid."""
    return write(tmp_path, SMALLEST)


def write(folder: Path, text: str) -> Path:
    path = folder / "conf.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(path, overrides)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_missing_key_has_its_default(smallest: Path) -> None:
    configuration = load(smallest)
    assert configuration.data.table == "table"
    assert configuration.prepare.duplicates == "keep"
    assert configuration.prepare.image.size == (224, 224)
    assert configuration.train.optimizer.name == "adam"


def test_override_wins_over_file_and_earlier_override(tmp_path: Path) -> None:
    path = write(tmp_path, SMALLEST + "prepare: {seed: 1}\n")
    configuration = load(path, ["prepare.seed=2", "prepare.seed=3", "prepare.image.size=[28, 32]", "model.options.a=b"])
    assert configuration.prepare.seed == 3
    assert configuration.prepare.image.size == (28, 32)
    assert configuration.model.options == {"a": "b"}


def test_empty_section_has_its_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, SMALLEST + "prepare:\n  image:\nspark:\n")
    assert load(path) == load(write(tmp_path, SMALLEST))
    path = write(tmp_path, SMALLEST + "prepare:\n")
    assert load(path, ["prepare.image.mode=L"]).prepare.image.mode == "L"


def test_missing_file_is_reported_with_the_command_that_writes_one(tmp_path: Path) -> None:
    said = refusal(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml cannot be read (No such file or directory)" in said
    assert "headrace init" in said


def test_folder_is_refused_as_configuration(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "data: [1",
        "a: b: c",
        "\tdata: x",
        "data: *nowhere",
        "data: !!python/object/apply:os.system [true]",
        "data: 2024-13-45",
        "data: 0b_",
        "data: !!bool perhaps",
        "data: !!int ''",
        "data: !!timestamp soon",
        "x: " + "[" * 3000,
    ],
)
def test_invalid_yaml_is_refused(tmp_path: Path, text: str) -> None:
    assert "is not valid YAML" in refusal(write(tmp_path, text))


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_bytes(b"data: \xff\xfe\n")
    assert "is not valid YAML" in refusal(path)


@pytest.mark.parametrize(
    ("text", "held"), [("", "nothing"), ("- a\n", "['a']"), ("text", "'text'"), ("&a [*a]", "[[...]]")]
)
def test_file_without_sections_is_refused_with_its_content(tmp_path: Path, text: str, held: str) -> None:
    assert f"must hold sections such as `data:` and `train:`; received {held}" in refusal(write(tmp_path, text))


def test_synonyms_name_keys_that_exist_and_are_none_themselves() -> None:
    known = set(_known_keys(Configuration))
    assert set(SYNONYMS.values()) <= known
    assert not set(SYNONYMS) & {key.rpartition(".")[2] for key in known}


@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("trian.ranks=2", "did you mean `train`?"),
        ("train.rank=2", "did you mean `train.ranks`?"),
        ("prepare.image.siez=28", "did you mean `prepare.image.size`?"),
        ("prepare.shard-rows=28", "did you mean `prepare.shard_rows`?"),
        ("ranks=2", "did you mean `train.ranks`?"),
        ("prepare.codec=raw", "did you mean `prepare.image.codec`?"),
        ("lr=1", "did you mean `train.optimizer.learning_rate`?"),
        ("train.optimizer.momentum=1", "did you mean `train.optimizer.options`?"),
        ("learning_rat=1", "did you mean `train.optimizer.learning_rate`?"),
        (
            "prepare.zzz=1",
            "known keys: audio, changes, duplicates, expectations, geo, image, input, inputs, label_separator, ",
        ),
        ("zzz=1", "known keys: data, model, prepare, registry, retrain, spark, stream, train"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_key(smallest: Path, override: str, nearest: str) -> None:
    key = override.partition("=")[0]
    unknown = key if "." not in key or not key.startswith("trian") else "trian"
    said = refusal(smallest, override)
    assert f"unknown key `{unknown}`; {nearest}" in said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.ranks=two", "`train.ranks`: expected a whole number, received 'two'"),
        ("train.ranks=0", "`train.ranks`: input should be greater than 0, received 0"),
        ("prepare.duplicates=perhaps", "`prepare.duplicates`: input should be 'keep' or 'drop', received 'perhaps'"),
        ("prepare.image.size=28", "`prepare.image.size`: expected a list such as [28, 28], received 28"),
        ("train.optimizer.name=adm", "or 'lamb', received 'adm'; did you mean 'adam'?"),
        ("train.epochs=1.5", "`train.epochs`: expected a whole number, received 1.5"),
        ("train.epochs=true", "`train.epochs`: expected a whole number, received True"),
        ("prepare.max_rejects=no", "`prepare.max_rejects`: expected a number, received False"),
        ("train.epochs=1:30", "`train.epochs`: expected a whole number, received '1:30'"),
        ("spark.local=maybe", "`spark.local`: expected true or false, received 'maybe'"),
        (
            "data.source={kind: table, path: raw, columns: {input: a}, options: {mergeschem: true}}",
            "has no option `mergeschem`; it accepts: mergeSchema",
        ),
        ("train.metrics=auc", "`train.metrics`: expected a list such as [auc], received 'auc'"),
        ("prepare.image.size=[28]", "`prepare.image.size` has too few values, received [28]"),
        ("prepare.image.size=[28, 0]", "`prepare.image.size.1`: input should be greater than 0, received 0"),
        ("prepare.image.size=[70000, 1]", "`prepare.image.size.0`: input should be less than or equal to 65500"),
        ("prepare.splits.train=0.9", "`prepare.splits`: train + val + test must sum to 1, they sum to 1.1"),
        ("prepare.max_rejects=.nan", "`prepare.max_rejects`: input should be a finite number, received nan"),
        ("train.optimizer.learning_rate=.inf", "`train.optimizer.learning_rate`: input should be a finite number"),
        ("prepare.seed=-1", "`prepare.seed`: input should be greater than or equal to 0, received -1"),
        ("prepare.shard_rows=2000000", "`prepare.shard_rows`: input should be less than or equal to 1000000"),
        ("prepare.image.max_pixels=1000000000", "less than or equal to 178956970, received 1000000000"),
        (
            "data.table=",
            "`data.table`: expected text (quote what reads as a number, a date, true or null), received nothing",
        ),
        *(
            (
                f"{key}=null",
                f"`{key}`: expected keys with values below it, received nothing; {key}={{}} on the command line",
            )
            for key in ("model.options", "train.optimizer.options")
        ),
        ("data.table=''", "`data.table`: expected text that is not empty, received ''"),
        ("data.source=raw", "`data.source`: expected keys with values below it, received 'raw'"),
        ("prepare.image.size=[1, 2, 3]", "`prepare.image.size`: expected at most 2 values, received [1, 2, 3]"),
    ],
)
def test_invalid_value_is_refused_with_expected_and_received(smallest: Path, override: str, said: str) -> None:
    assert said in refusal(smallest, override)


def test_refused_value_is_blamed_on_the_command_line_or_the_file(smallest: Path) -> None:
    assert refusal(smallest, "train.epochs=ten").startswith("command line: `train.epochs`: expected a whole number")
    assert refusal(smallest, "train={run: r, epoch: 1}").startswith("command line: unknown key `train.epoch`")
    assert refusal(smallest, "trian.epochs=1").startswith("command line: unknown key `trian`")
    assert refusal(smallest, "prepare.splits.train=0.9").startswith(
        f"{smallest} and command line: `prepare.splits`: train + val + test must sum to 1"
    )
    smallest.write_text(smallest.read_text() + "registry: {folder: r, model: m, pth: x}\n")
    said = refusal(smallest, "train.epochs=ten", "train.ranks=two")
    assert said.startswith(f"{smallest}: unknown key `registry.pth`")
    assert "; command line: `train.ranks`: expected a whole number, received 'two'; `train.epochs`: " in said


def test_refused_value_of_a_named_input_is_blamed_on_the_command_line(smallest: Path) -> None:
    smallest.write_text(smallest.read_text() + "prepare: {input: record, inputs: {photo: {kind: image, column: a}}}\n")
    said = refusal(smallest, "prepare.inputs.photo.size=x")
    assert said.startswith("command line: `prepare.inputs.photo.size`: ")


def test_rule_about_several_keys_does_not_quote_them_all(smallest: Path) -> None:
    said = refusal(smallest, "data.source.columns={input: a}")
    assert said.endswith("is required by the kinds table and petastorm, and not accepted by others")


def test_long_value_is_not_cut_within_a_word(smallest: Path) -> None:
    words = " ".join(["word"] * 50)
    assert refusal(smallest, f"train.epochs={words}").endswith(" word word ...")
    keys = ", ".join(f"key_{number}: 1" for number in range(50))
    assert refusal(smallest, f"train.epochs={{{keys}}}").endswith(
        "received keys with values: key_0, key_1, key_2, key_3, key_4, key_5, key_6, key_7, key_8, key_9, key_10, ..."
    )


def test_rule_about_several_sections_begins_with_the_key_it_names(smallest: Path) -> None:
    message = refusal(smallest, "prepare.task=multi_label")
    assert f"{smallest} and command line: `prepare.task: multi_label` needs a source" in message
    vectors = refusal(smallest, "prepare.task=vector")
    assert "`prepare.task: vector` needs a source with a list of numbers per record" in vectors
    assert "received" not in message


def test_load_reports_all_mistakes_at_once(tmp_path: Path) -> None:
    said = refusal(write(tmp_path, "data: {source: {}}\ntrain: {run: r, ranks: 0}\n"))
    assert "`data.source.path` is not set and has no default; add it" in said
    assert "`data.table` is not set" in said
    assert "`model` is not set" in said
    assert "`train.ranks`: input should be greater than 0" in said


@pytest.mark.parametrize("override", ["train.ranks", "=2", "train..ranks=2", ".=2", "train.=2", ""])
def test_override_without_key_or_value_is_refused(smallest: Path, override: str) -> None:
    assert f"`{override}` is not an override; expected key=value" in refusal(smallest, override)


def test_override_below_a_value_is_refused(smallest: Path) -> None:
    assert "table holds the value 'table' and has no keys below it" in refusal(smallest, "data.table.path=x")


@pytest.mark.parametrize("value", ["[1", "2024-13-45", "0b_", "!!bool x", "\x00"])
def test_override_with_invalid_yaml_is_refused(smallest: Path, value: str) -> None:
    assert "is not a YAML value; quote it" in refusal(smallest, f"data.table={value}")


@pytest.mark.parametrize(("value", "text"), [("[*/bad_*, a]", ["*/bad_*", "a"]), ("*/x", "*/x"), ("[1", "[1")])
def test_override_that_must_be_quoted_is_shown_with_its_quotes(smallest: Path, value: str, text: object) -> None:
    """In YAML an asterisk begins the name of an alias, so that patterns must be quoted."""
    said = refusal(smallest, f"data.source.exclude={value}")
    (shown,) = shlex.split(said.partition("quote it: ")[2])
    key, _, quoted = shown.partition("=")
    assert key == "data.source.exclude"
    assert yaml.safe_load(quoted) == text


@pytest.mark.parametrize("key", ["1", "on", "~", "1.5", "2026-11-29"])
def test_keys_are_text_as_they_are_written(tmp_path: Path, key: str) -> None:
    assert f"unknown key `{key}`" in refusal(write(tmp_path, SMALLEST + f"{key}: x\n"))


def test_class_names_keep_labels_as_they_are_written(tmp_path: Path) -> None:
    """YAML reads yes as true, and 01 as 1."""
    file = write(tmp_path, SMALLEST.replace("path: raw", "path: raw, class_names: {yes: tumour, no: healthy, 01: cat}"))
    names = {"yes": "tumour", "no": "healthy", "01": "cat"}
    assert load(file).data.source.class_names == names
    override = "data.source.class_names={yes: tumour, no: healthy, 01: cat}"
    assert load(write(tmp_path, SMALLEST), [override]).data.source.class_names == names


@pytest.mark.parametrize("key", ["class_names", "options"])
def test_values_of_text_mappings_are_as_they_are_written(tmp_path: Path, key: str) -> None:
    """Names of classes and texts of missing values are not what YAML reads: truth values, numbers or nothing."""
    path = "path: raw" if key == "class_names" else "path: 'jdbc:x', kind: table, format: jdbc, columns: {}"
    written = "{0: no, 1: yes, 2: 1_000, 3: null, 'on': off, x: 0x10, y: 1.10, z: ~, d: 2024-01-01, q: 'true', e: 1e3}"
    values = {"0": "no", "1": "yes", "2": "1_000", "3": "null", "on": "off", "x": "0x10", "y": "1.10", "z": "~"}
    values |= {"d": "2024-01-01", "q": "true", "e": "1e3"}
    file = write(tmp_path, SMALLEST.replace("path: raw", f"{path}, {key}: {written}"))
    assert getattr(load(file).data.source, key) == values
    plain = write(tmp_path, SMALLEST.replace("path: raw", path))
    assert getattr(load(plain, [f"data.source.{key}={written}"]).data.source, key) == values
    assert getattr(load(plain, [f"data.source.{key}.0=no"]).data.source, key) == {"0": "no"}
    merged = f"base: &base {written}\n" + SMALLEST.replace("path: raw", f"{path}, {key}: {{<<: *base, 0: 01}}")
    assert read_yaml(write(tmp_path, merged), "")["data"]["source"][key] == values | {"0": "01"}


@pytest.mark.parametrize(("value", "expected"), [("''", "not empty"), ("[cat]", "expected text"), ("", "empty")])
def test_class_names_that_are_no_text_are_refused(tmp_path: Path, value: str, expected: str) -> None:
    """A list is not the name of a class, and no name either."""
    with pytest.raises(ConfigurationError, match=f"class_names.0`: .*({expected})"):
        load(write(tmp_path, SMALLEST.replace("path: raw", f"path: raw, class_names: {{0: {value}}}")))


@pytest.mark.parametrize("text", ["train: {run: other}\n", "'train': {run: other}\n"])
def test_repeated_key_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    message = refusal(write(tmp_path, SMALLEST + text))
    assert "is not valid YAML: the key `train` is repeated" in message
    assert "line 4, column 1" in message


def test_merged_keys_may_be_set_again(tmp_path: Path) -> None:
    text = SMALLEST.replace("{run: run}", "{run: run, optimizer: {<<: {name: sgd, learning_rate: 0.5}, name: adam}}")
    optimizer = load(write(tmp_path, text)).train.optimizer
    assert (optimizer.name, optimizer.learning_rate) == ("adam", 0.5)


@pytest.mark.parametrize("encoding", ["utf8mb4", "base64", "rot13", "a\0b"])
def test_encoding_that_python_does_not_know_is_refused(tmp_path: Path, encoding: str) -> None:
    override = f"prepare.text.encoding={json.dumps(encoding)}"
    message = refusal(write(tmp_path, SMALLEST), override)
    assert "`prepare.text.encoding`: expected a text encoding that Python knows" in message


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["data", "prepare", "prepare.image", "prepare.image.size", "train", "train.ranks", "spark.settings"]
)


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=KEYS, tree=TREES)
def test_load_accepts_any_value_or_refuses_it_in_one_sentence(tmp_path: Path, key: str, tree: object) -> None:
    text = yaml.safe_dump(tree, default_flow_style=True, allow_unicode=True).removesuffix("...\n")
    path = write(tmp_path, SMALLEST)
    try:
        configuration = load(path, [f"{key}={text}"])
    except ConfigurationError:
        refusal(path, f"{key}={text}")
    else:
        assert isinstance(configuration, Configuration)


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.sampled_from("ab1:-{}[]&*!|>'\" \n\t#%@,.?_0"), max_size=40))
def test_load_refuses_any_other_text_in_one_sentence(tmp_path: Path, text: str) -> None:
    refusal(write(tmp_path, text))


def test_command_with_invalid_configuration_ends_with_2_and_one_sentence(smallest: Path, tmp_path: Path) -> None:
    answer = headrace("prepare", "conf.yaml", "prepare.duplicate=drop", cwd=tmp_path, code=2)
    said = "headrace: command line: unknown key `prepare.duplicate`; did you mean `prepare.duplicates`?"
    assert (answer.stdout, answer.stderr.strip()) == ("", said)


STORED = ["data.table", "data.source.path", "train.run", "train.bundle"]


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/folder", "s3a://bucket/folder", "gs://bucket/folder", "az://container/folder",
        "abfss://container@account.dfs.core.windows.net/folder", "abfs://container@account.blob.core.windows.net/a/b",
    ],
)  # fmt: skip
def test_addresses_of_stores_are_accepted(root: Path, address: str) -> None:
    assert load(root / "conf/fashion_mnist.yaml", [f"data.table={address}"]).data.table == address


@pytest.mark.parametrize("key", STORED)
@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_raw_data_tables_runs_and_bundles_may_be_in_a_bucket(root: Path, key: str, scheme: str) -> None:
    load(root / "conf" / "images.yaml", [f"{key}={scheme}://bucket/folder"])


@pytest.mark.parametrize("key", STORED)
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("wasbs://bucket/folder", "wasbs:// is not supported"),
        ("gs:///folder", "the address names no bucket; expected gs://bucket/folder"),
        ("az:///folder", "the address names no bucket; expected az://container/folder"),
        ("abfss://container/folder", "expected abfss://container@account.dfs.core.windows.net/folder"),
        ("s3:///folder", "the address names no bucket"),
    ],
)
def test_other_addresses_are_refused_with_what_to_do(root: Path, key: str, address: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(root / "conf" / "images.yaml", [f"{key}={address}"])
    assert said in str(error.value)


@pytest.mark.parametrize("address", ["hdfs://namenode:8020/raw", "hdfs://cluster/raw", "hdfs:///raw", "hdfs://h:1/"])
def test_raw_data_may_be_on_hdfs(root: Path, address: str) -> None:
    assert load(root / "conf" / "images.yaml", [f"data.source.path={address}"]).data.source.path == address


@pytest.mark.parametrize(
    "address", ["hdfs://", "hdfs://host", "hdfs://host:port/raw", "hdfs://a:1,b:2/raw", "hdfs://*/raw"]
)
def test_hdfs_address_needs_a_folder(root: Path, address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected hdfs://namenode:port/folder, hdfs://nameservice/folder or"):
        load(root / "conf" / "images.yaml", [f"data.source.path={address}"])


@pytest.mark.parametrize("key", [key for key in STORED if key != "data.source.path"])
def test_outputs_on_hdfs_are_refused(root: Path, key: str) -> None:
    with pytest.raises(
        ConfigurationError, match="hdfs:// is accepted only by data.source.path; expected a folder or s3://.* mount"
    ):
        load(root / "conf" / "images.yaml", [f"{key}=hdfs://host/folder"])


def test_table_in_a_whole_bucket_is_refused(root: Path) -> None:
    with pytest.raises(ConfigurationError, match="name a folder in the bucket"):
        load(root / "conf" / "images.yaml", ["data.table=s3://bucket/"])


@pytest.mark.parametrize("key", ["data.table", "data.source.path"])
@pytest.mark.parametrize("scheme", ["s3", "hdfs", "gs", "az", "abfss", "wasbs"])
def test_credentials_in_an_address_are_refused_and_not_repeated(root: Path, key: str, scheme: str) -> None:
    with pytest.raises(ConfigurationError, match="the address holds credentials") as error:
        load(root / "conf" / "images.yaml", [f"{key}={scheme}://AKIAX:hushhush@bucket/folder"])
    assert "hushhush" not in str(error.value)


def test_jdbc_source_accepts_the_address_of_a_database(root: Path) -> None:
    words = ["data.source={kind: table, format: jdbc, path: 'jdbc:postgresql://db/x', columns: {input: text}}"]
    assert load(root / "conf" / "images.yaml", words).data.source.path == "jdbc:postgresql://db/x"


@pytest.mark.parametrize(
    ("path", "options", "reason"),
    [
        ("db", "{url: 'jdbc:postgresql://db/x'}", "jdbc is the address of the database, such as jdbc:postgresql://"),
        ("jdbc:postgresql://db/x", "{URL: 'jdbc:postgresql://db/y'}", "`options.url` is not read; the address of the"),
    ],
)
def test_jdbc_source_has_one_address(root: Path, path: str, options: str, reason: str) -> None:
    """An address among the options was not used, and Spark had no driver for the path."""
    source = f"{{kind: table, format: jdbc, path: '{path}', options: {options}, columns: {{input: text}}}}"
    assert reason in refusal(root / "conf" / "images.yaml", f"data.source={source}")


@pytest.mark.parametrize("key", ["registry.folder", "retrain.folder", "train.run"])
def test_retraining_may_be_in_a_bucket_and_not_in_a_whole_one(root: Path, key: str) -> None:
    load(root / "conf" / "retraining.yaml", [f"{key}=s3://bucket/folder"])
    with pytest.raises(ConfigurationError, match="name a folder in the bucket"):
        load(root / "conf" / "retraining.yaml", [f"{key}=s3://bucket"])


def test_numbers_of_other_bases_in_yaml_are_decimal_numbers_or_names(smallest: Path) -> None:
    """YAML 1.1 reads 010 as 8, and 1:30 as 90."""
    assert load(smallest, ["train.epochs=010"]).train.epochs == 10
    assert load(smallest, ["train.epochs=1_000"]).train.epochs == 1000
    source = "data.source={kind: table, format: csv, path: raw, columns: {input: 010, label: 12:30}}"
    columns = load(smallest, [source]).data.source.columns
    assert columns is not None
    assert (columns.input, columns.label) == ("010", "12:30")


def test_format_of_dataframes_is_for_programs_only(tmp_path: Path) -> None:
    source = {"kind": "table", "format": "dataframe", "path": "DataFrame", "columns": {"input": "photo"}}
    tree = {"data": {"source": source, "table": "table"}, "model": {"file": "cnn"}, "train": {"run": "run"}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        built = build(tree, {"train.epochs": 3}, "program")
        assert (built.data.source.is_dataframe, built.train.epochs) == (True, 3)
        assert Configuration.model_validate_json(built.model_dump_json()) == built
    assert "dataframe" not in json.dumps(Configuration.model_json_schema())
    path = tmp_path / "conf.yaml"
    path.write_text(json.dumps(tree))
    with pytest.raises(ConfigurationError, match="which a file cannot name; call headrace.prepare"):
        load(path)
    tree["data"]["source"]["format"] = "excel"
    path.write_text(json.dumps(tree))
    with pytest.raises(ConfigurationError) as error:
        load(path)
    assert "'dataframe'" not in str(error.value)
