"""An S3 server for tests, and buckets on it.

moto's server speaks the protocol over HTTP, with conditional puts, and keeps objects in memory.
Use in a conftest: ``from tests.support.objects import *``.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import boto3
import httpx
import pytest

__all__ = ["bucket_url", "s3_server"]

_START_S = 60


@dataclass(frozen=True)
class S3Server:
    """A running server. ``environment``: what its clients need."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """For the service, as it reads it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "siaga-test",
            "AWS_SECRET_ACCESS_KEY": "siaga-test-secret",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self) -> str:
        """A new bucket; its name."""
        name = f"siaga-{uuid4().hex}"
        self._client().create_bucket(Bucket=name)
        return name

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Everything in a bucket."""
        client = self._client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {name: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    def put(self, bucket: str, name: str, data: bytes) -> None:
        """Put an object past the service."""
        self._client().put_object(Bucket=bucket, Key=name, Body=data)

    def _client(self):  # type: ignore[no-untyped-def]
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="siaga-test",
            aws_secret_access_key="siaga-test-secret",
            region_name="us-east-1",
        )


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Run the server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _await(endpoint, process)
        yield S3Server(endpoint)
    finally:
        process.kill()
        process.wait()


def _await(endpoint: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_S
    while True:
        try:
            httpx.get(endpoint)
            return
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail("the S3 server did not start")
            time.sleep(0.1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """The server, its address and keys in the environment."""
    with running_s3() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture
def bucket_url(s3_server: S3Server) -> str:
    """The address of an empty place in a bucket of its own, as ``siaga serve --evidence`` takes it."""
    return f"s3://{s3_server.bucket()}/evidence"
