import os
import time
from datetime import timedelta

import pytest

from headrace.errors import HeadraceError, StoreError
from headrace.storage import locate
from headrace.storage.s3.connection_settings import delta_options, open_bucket
from headrace.storage.s3.errors import describe
from headrace.table import read
from tests.support.s3_server import busy, denied, environment, faults_of, free_port, front


def reach(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.storage.s3.connection_settings.LONGEST_WAIT", timedelta(milliseconds=300))
    monkeypatch.setenv("AWS_ENDPOINT_URL", environment(url)["AWS_ENDPOINT_URL"])


def test_variables_without_a_value_are_none(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last is the one that decides where there is nothing else, and no address.
    for name in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "")
    open_bucket("some-bucket")
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert "aws_endpoint" not in delta_options()


def test_a_server_that_is_busy_for_a_while_is_asked_again(
    s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front(s3, busy(2, "PUT"), busy(2, "GET"), busy(2, "HEAD")) as url:
        reach(url, monkeypatch)
        path = locate(f"s3://{bucket}/x")
        path.write_bytes(b"content")
        assert path.read_bytes() == b"content"
        assert path.is_file()
        assert len(faults_of(url)) == 6


def test_a_server_that_stays_busy_is_a_sentence(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with front(s3, busy()) as url:
        reach(url, monkeypatch)
        with pytest.raises(StoreError, match=r"answered 503 SlowDown for s3://.*, in 8 attempts"):
            locate(f"s3://{bucket}/x").read_bytes()


def test_a_server_that_refuses_is_a_sentence_at_once(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with front(s3, denied()) as url:
        reach(url, monkeypatch)
        path = locate(f"s3://{bucket}/x")
        for ask in (path.read_bytes, path.exists, lambda: path.write_bytes(b"")):
            with pytest.raises(StoreError, match=r"refuses access to s3://.*put credentials"):
                ask()
        assert len(faults_of(url)) == 3


def test_a_server_that_is_not_there_is_a_sentence_in_bounded_time(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(f"http://127.0.0.1:{free_port()}", monkeypatch)
    began = time.monotonic()
    with pytest.raises(HeadraceError, match=r"did not answer for s3://.*that AWS_ENDPOINT_URL names it"):
        read(f"s3://{bucket}/table")
    assert time.monotonic() - began < 20


def test_credentials_that_are_missing_are_asked_for() -> None:
    said = "Error performing PUT http://169.254.169.254/latest/api/token in 4ms - status code: 403 Forbidden"
    assert "No credentials for s3://bucket/x were found" in describe("bucket", "x", said)


def test_a_password_in_the_servers_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://me:hush@s3.example.org")
    said = describe("bucket", "x", "HTTP error: error sending request")
    assert said.startswith("https://s3.example.org did not answer for s3://bucket/x; check that it runs")
    assert "hush" not in said
