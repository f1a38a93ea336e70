"""A checkpoint is stamped by a real authority (openssl ts), and openssl finds the stamp right."""

import base64
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from siaga.core.errors import StorageError
from siaga.db import Database
from siaga.proof import ProofChain, ServiceKey
from siaga.proof.chain import checkpoints
from siaga.proof.stamp import HttpAuthority, stamp_newest

pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.system

_CONFIG = """
[req]
distinguished_name = name
prompt = no
x509_extensions = ca
[name]
CN = Test authority
[ca]
basicConstraints = critical, CA:true
subjectKeyIdentifier = hash
[tsa_certificate]
extendedKeyUsage = critical, timeStamping
basicConstraints = CA:false
[tsa]
default_tsa = here
[here]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""


@pytest.fixture
def tsa(tmp_path: Path) -> Callable[[bytes], bytes]:
    """An authority: query in, answer out."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    config = tmp_path / "tsa.cnf"
    config.write_text(_CONFIG.format(folder=tmp_path))
    (tmp_path / "serial").write_text("01")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=tmp_path)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", str(config))
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2")
    openssl("req", "-new", *key, "-keyout", "tsa.key", "-out", "tsa.csr")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    extensions = ("-extfile", str(config), "-extensions", "tsa_certificate")
    openssl("x509", "-req", "-in", "tsa.csr", *signed, *extensions, "-out", "tsa.pem")

    def answer(query: bytes) -> bytes:
        (tmp_path / "query").write_bytes(query)
        openssl("ts", "-reply", "-queryfile", "query", "-config", str(config), "-out", "answer")
        return (tmp_path / "answer").read_bytes()

    return answer


def _authority(answer: Callable[[bytes], bytes]) -> HttpAuthority:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/timestamp-query"
        return httpx.Response(200, content=answer(request.content))

    return HttpAuthority("http://tsa.test/", httpx.Client(transport=httpx.MockTransport(handle)))


def test_the_newest_checkpoint_is_stamped_once_and_openssl_agrees(
    database: Database, tsa: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    chain = ProofChain(ServiceKey.from_seed(bytes(32)), every=1)
    with database.writing() as connection:
        for number in range(2):
            chain.append(connection, "north", "evidence", f"{number:064d}", datetime(2026, 1, 1, tzinfo=UTC))
    assert [stamp_newest(database, _authority(tsa)) for _ in range(2)] == [1, 0]
    with database.reading() as connection:
        first, second = checkpoints(connection, "north")
    assert first.timestamp is None
    assert second.timestamp is not None
    (tmp_path / "stamp").write_bytes(base64.b64decode(second.timestamp))
    (tmp_path / "data").write_bytes(second.signed())
    verify = ["openssl", "ts", "-verify", "-data", "data", "-in", "stamp", "-CAfile", "ca.pem"]
    assert (
        subprocess.run([*verify, "-untrusted", "tsa.pem"], capture_output=True, cwd=tmp_path).returncode == 0
    )
    (tmp_path / "data").write_bytes(first.signed())
    assert (
        subprocess.run([*verify, "-untrusted", "tsa.pem"], capture_output=True, cwd=tmp_path).returncode == 1
    )


def test_a_stamp_of_something_else_is_refused(tsa: Callable[[bytes], bytes]) -> None:
    earlier: list[bytes] = []

    def replay(query: bytes) -> bytes:
        earlier.append(tsa(query))
        return earlier[0]

    authority = _authority(replay)
    authority.stamp(b"a checkpoint")
    with pytest.raises(StorageError, match="something else"):
        authority.stamp(b"another checkpoint")
    with pytest.raises(StorageError, match="old one"):
        authority.stamp(b"a checkpoint")
    with pytest.raises(StorageError, match="gave no time stamp"):
        _authority(lambda _query: b"nonsense").stamp(b"a checkpoint")
