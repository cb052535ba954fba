"""A table in a bucket is converted into a folder of this machine."""

from pathlib import Path

from headrace.convert.job import convert
from headrace.storage import locate
from headrace.table import read
from tests.support.small_table import Content, some_rows, write_table


def test_table_in_a_bucket_gives_the_files_of_a_local_one(bucket: str, tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(12), "test": some_rows(5)})
    write_table(locate(f"s3://{bucket}/table"), content)
    write_table(tmp_path / "table", content)
    for table, name in ((locate(f"s3://{bucket}/table"), "remote"), (tmp_path / "table", "local")):
        convert(read(table), tmp_path / name, "webdataset")
    for split in ("train", "test"):
        remote, local = (tmp_path / name / f"{split}-000000.tar" for name in ("remote", "local"))
        assert remote.read_bytes() == local.read_bytes()
