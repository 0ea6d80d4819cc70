"""Mail through `smtp://` is encrypted or not sent: no password and no letter goes over an open line."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from small_clinic import House

from unwound_clinic.core import mail_settings
from unwound_clinic.models import SetUp


def certificate(folder: Path) -> Path:
    """A certificate for this machine that nobody has signed but itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "here.pem"
    file.write_bytes(made.public_bytes(kind) + key.private_bytes(kind, form, serialization.NoEncryption()))
    return file


class Server(socketserver.ThreadingTCPServer):
    """A mail server with a certificate; what came over the open line, and over the encrypted one."""

    daemon_threads = True

    def __init__(self, file: Path, offers: str) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)
        self.offers = offers
        self.open: list[bytes] = []
        self.encrypted: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Talk)


class Talk(socketserver.BaseRequestHandler):
    """As much of SMTP as one mail with a password needs."""

    def handle(self) -> None:
        server: Any = self.server
        stream, heard = self.request, server.open
        try:
            self._answer(stream, heard, server)
        except OSError:  # the client did not believe the certificate
            return

    def _answer(self, stream: Any, heard: list[bytes], server: Any) -> None:
        lines = stream.makefile("rb")
        stream.sendall(b"220 here\r\n")
        while line := lines.readline().strip():
            heard.append(line)
            word = line[:4].upper()
            if word == b"EHLO":
                more = server.offers if heard is server.open else "AUTH PLAIN"
                stream.sendall(f"250-here\r\n250 {more}\r\n".encode())
            elif word == b"STAR":
                stream.sendall(b"220 go on\r\n")
                stream, heard = server.context.wrap_socket(stream, server_side=True), server.encrypted
                lines = stream.makefile("rb")
            elif word == b"DATA":
                stream.sendall(b"354 go on\r\n")
                heard += iter(lines.readline, b".\r\n")
                stream.sendall(b"250 OK\r\n")
            else:
                stream.sendall({b"AUTH": b"235 OK\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 OK\r\n"))


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Server]:
    """The clinic sends through it; it says that it can encrypt, or does not."""
    with Server(certificate(tmp_path), getattr(request, "param", "STARTTLS")) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        written = f"smtp://clinic:secret-word@127.0.0.1:{listening.server_address[1]}"
        for name, value in mail_settings.read("UNWOUND_MAIL", written).items():
            setattr(settings, name, value)
        yield listening
        listening.shutdown()


def sent(house: House) -> str:
    """A test mail: the page that follows."""
    return house.client("administrator").post("/set-up/mail/", follow=True).content.decode()


def nothing_was_given_away(server: Server) -> None:
    heard = b"\n".join(server.open)
    assert b"EHLO" in heard.upper()
    assert b"arrives" not in heard
    assert base64.b64encode(b"\0clinic\0secret-word") not in heard
    assert not any(line.upper().startswith((b"AUTH", b"MAIL", b"RCPT")) for line in server.open)


def test_letter_and_password_go_over_the_encrypted_line_only(
    house: House, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "here.pem"))
    sent(house)
    nothing_was_given_away(server)
    assert any(b"Mail of First Site arrives." in line for line in server.encrypted)
    assert any(line.startswith(b"AUTH") for line in server.encrypted)
    assert SetUp.objects.filter(step="mail").exists()


def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(house: House, server: Server) -> None:
    assert "certificate verify failed" in sent(house)
    nothing_was_given_away(server)
    assert server.encrypted == []
    assert not SetUp.objects.exists()


@pytest.mark.parametrize("server", ["AUTH PLAIN"], indirect=True)
def test_a_server_that_does_not_encrypt_gets_nothing(house: House, server: Server) -> None:
    assert "STARTTLS extension not supported" in sent(house)
    nothing_was_given_away(server)
    assert not SetUp.objects.exists()
