import os
import time
from datetime import timedelta

import pytest

from headrace.errors import HeadraceError, StoreError
from headrace.storage import locate
from headrace.storage.object_stores.bucket_address import Bucket
from headrace.storage.object_stores.error_messages import describe
from headrace.storage.object_stores.s3_connection import delta_options, open_bucket
from headrace.table import read
from tests.support.s3_server import busy, denied, environment, free_port, proxy, read_faults


def use_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process find the server, with a wait of at most 300 ms."""
    monkeypatch.setattr("headrace.storage.object_stores.client_settings.LONGEST_WAIT", timedelta(milliseconds=300))
    monkeypatch.setenv("AWS_ENDPOINT_URL", environment(url)["AWS_ENDPOINT_URL"])


def test_empty_environment_variables_are_ignored(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last variable decides where no other gives an address.
    for name in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "")
    open_bucket("some-bucket")
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert "aws_endpoint" not in delta_options("some-bucket")


def test_s3_retries_while_server_is_busy(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(s3, busy(2, "PUT"), busy(2, "GET"), busy(2, "HEAD")) as url:
        use_server(url, monkeypatch)
        path = locate(f"s3://{bucket}/x")
        path.write_bytes(b"content")
        assert path.read_bytes() == b"content"
        assert path.is_file()
        assert len(read_faults(url)) == 6


def test_permanently_busy_server_is_reported_in_one_sentence(
    s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(s3, busy()) as url:
        use_server(url, monkeypatch)
        with pytest.raises(StoreError, match=r"returned 503 SlowDown for s3://.*, in 8 attempts"):
            locate(f"s3://{bucket}/x").read_bytes()


def test_refused_access_is_reported_without_retries(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(s3, denied()) as url:
        use_server(url, monkeypatch)
        path = locate(f"s3://{bucket}/x")
        for ask in (path.read_bytes, path.exists, lambda: path.write_bytes(b"")):
            with pytest.raises(StoreError, match=r"refuses access to s3://.*put credentials"):
                ask()
        assert len(read_faults(url)) == 3


def test_absent_s3_server_is_reported_within_20_seconds(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_server(f"http://127.0.0.1:{free_port()}", monkeypatch)
    began = time.monotonic()
    with pytest.raises(HeadraceError, match=r"did not respond for s3://.*that AWS_ENDPOINT_URL names it"):
        read(f"s3://{bucket}/table")
    assert time.monotonic() - began < 20


def test_describe_reports_missing_credentials() -> None:
    said = "Error performing PUT http://169.254.169.254/latest/api/token in 4ms - status code: 403 Forbidden"
    assert "No credentials for s3://bucket/x were found" in describe(Bucket("s3", "bucket"), "x", said)


def test_describe_omits_password_of_server_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://me:hush@s3.example.org")
    said = describe(Bucket("s3", "bucket"), "x", "HTTP error: error sending request")
    assert said.startswith("https://s3.example.org did not respond for s3://bucket/x; check that it runs")
    assert "hush" not in said
