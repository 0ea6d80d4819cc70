"""The line of a monitor under TLS: who listens is known, who sends may have to be, and plain text is not heard."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from devices import Clinic, Line, code, listener, make_clinic, oru

from unwound.record import UnwoundError
from unwound_clinic.monitors import encrypted

pytestmark = pytest.mark.own_clinic


def certificate(folder: Path, name: str, password: bytes = b"") -> tuple[Path, Path]:
    """A certificate for this machine that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, sealed))
    return files


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return make_clinic(tmp_path_factory.mktemp("clinic"), 1)


def spoken(port: int, tls: ssl.SSLContext, number: int) -> str:
    """The code that a message over TLS is answered with."""
    line = Line(port)
    line._socket = tls.wrap_socket(line._socket, server_hostname="127.0.0.1")
    return code(line.send(oru(number)))


def test_under_tls_a_message_is_taken_and_plain_text_is_not(made: Clinic, tmp_path: Path) -> None:
    shown, key = certificate(tmp_path, "listener")
    options = ("--site", "First Site", "--certificate", str(shown), "--certificate-key", str(key))
    with listener(made.data, options=options) as running:
        tls = encrypted.of_monitor(shown, None, None)
        assert spoken(running.port, tls, 1) == "AA"
        with pytest.raises((ConnectionError, OSError)):
            Line(running.port, timeout=20).send(oru(2))
        with socket.create_connection(("127.0.0.1", running.port)) as silent:
            assert spoken(running.port, tls, 3) == "AA", "whoever never shakes hands stops nobody"
            silent.close()
        assert made.run(
            "simulate-monitor", "--port", str(running.port), "--listener-certificate", str(shown), "--messages", "2"
        ).startswith("2 messages acknowledged")
    assert made.accepted()["C1"] == made.accepted()["C3"] == 1
    assert made.count("message", "control_id = 'C2'") == 0


def test_a_monitor_without_a_certificate_of_the_house_is_not_heard(made: Clinic, tmp_path: Path) -> None:
    shown, key = certificate(tmp_path, "listener")
    monitor, its_key = certificate(tmp_path, "monitor")
    stranger, other_key = certificate(tmp_path, "stranger")
    options = ("--site", "First Site", "--certificate", str(shown), "--certificate-key", str(key))
    with listener(made.data, options=(*options, "--monitors", str(monitor))) as running:
        assert spoken(running.port, encrypted.of_monitor(shown, monitor, its_key), 11) == "AA"
        for number, tls in (
            (12, encrypted.of_monitor(shown, None, None)),
            (13, encrypted.of_monitor(shown, stranger, other_key)),
        ):
            with pytest.raises((ConnectionError, OSError)):
                spoken(running.port, tls, number)
    assert made.accepted()["C11"] == 1
    assert made.count("message", "control_id IN ('C12', 'C13')") == 0


def test_a_listener_that_is_another_is_not_spoken_to(made: Clinic, tmp_path: Path) -> None:
    shown, key = certificate(tmp_path, "listener")
    other, _ = certificate(tmp_path, "other")
    options = ("--site", "First Site", "--certificate", str(shown), "--certificate-key", str(key))
    with listener(made.data, options=options) as running, pytest.raises(ssl.SSLCertVerificationError):
        spoken(running.port, encrypted.of_monitor(other, None, None), 21)


def test_what_cannot_be_used_is_said_by_its_file(tmp_path: Path) -> None:
    shown, key = certificate(tmp_path, "listener")
    other, _ = certificate(tmp_path, "other")
    locked, locked_key = certificate(tmp_path, "locked", b"secret")
    text = tmp_path / "text.pem"
    text.write_text("no certificate", encoding="utf-8")
    for files, says in (
        ((shown, tmp_path / "gone.key", None), "gone.key: there is no such file"),
        ((tmp_path / "gone.pem", None, None), "gone.pem: there is no such file"),
        ((other, key, None), "the key is of another certificate"),
        ((shown, None, None), "listener.pem: not in PEM, without its key"),
        ((text, key, None), "text.pem, "),
        ((locked, locked_key, None), "or the key has a password"),
        ((shown, key, text), "text.pem: holds no certificate in PEM"),
        ((shown, key, tmp_path / "gone.pem"), "gone.pem: there is no such file"),
    ):
        with pytest.raises(UnwoundError, match=says.replace(".", r"\.")):
            encrypted.of_listener(*files)


def test_a_key_alone_makes_no_line_secret(made: Clinic, tmp_path: Path) -> None:
    _, key = certificate(tmp_path, "listener")
    says = made.run("listen", "--port", "0", "--data", str(made.data), "--certificate-key", str(key))
    assert "needs the listener's own --certificate" in says
