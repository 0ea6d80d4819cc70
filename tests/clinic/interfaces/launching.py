"""A hospital's server over HTTP: SMART authorization with PKCE, and a FHIR store whose searches have pages."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

PAGE = 2
CLIENT = "unwound-test"


class Hospital:
    """What the server holds, and what it was asked."""

    def __init__(self) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.launches: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.scope = "patient/*.rs patient/DocumentReference.c"
        self.broken: dict[tuple[str, int], int] = {}
        """(kind, page) -> the status it answers with."""
        self.next_on = ""
        """Another server that the next page is said to lie on."""
        self.sent: list[dict[str, Any]] = []
        self.address = ""

    def open(self, patient: str) -> str:
        """A patient is open in the hospital's record: the word for it."""
        word = secrets.token_urlsafe(8)
        self.launches[word] = patient
        return word


def _handler(hospital: Hospital) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *rest: Any) -> None:
            pass

        def say(self, status: int, body: Any = None, **headers: str) -> None:
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/fhir/.well-known/smart-configuration":
                own = hospital.address.removesuffix("/fhir")
                self.say(200, {
                    "authorization_endpoint": f"{own}/authorize", "token_endpoint": f"{own}/token",
                    "code_challenge_methods_supported": ["S256"],
                })  # fmt: skip
            elif parts.path == "/authorize":
                self.authorize(query)
            elif patient := self.allowed():
                self.search(parts.path.removeprefix("/fhir/"), query, patient)

        def authorize(self, query: dict[str, str]) -> None:
            patient = hospital.launches.pop(query["launch"], "")
            wrong = query["client_id"] != CLIENT or query["aud"] != hospital.address or query["response_type"] != "code"
            if not patient or wrong or query.get("code_challenge_method") != "S256":
                answer = {"error": "access_denied", "state": query.get("state", "")}
            else:
                code = secrets.token_urlsafe(12)
                hospital.codes[code] = {
                    "patient": patient, "challenge": query["code_challenge"], "redirect": query["redirect_uri"],
                }  # fmt: skip
                answer = {"code": code, "state": query["state"]}
            self.say(302, Location=f"{query['redirect_uri']}?{urlencode(answer)}")

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
                held = hospital.codes.pop(form.get("code", ""), None)
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                if held is None or held["challenge"] != challenge or held["redirect"] != form.get("redirect_uri"):
                    self.say(400, {"error": "invalid_grant"})
                    return
                token = secrets.token_urlsafe(16)
                hospital.tokens[token] = held["patient"]
                self.say(200, {
                    "access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": hospital.scope,
                    "patient": held["patient"],
                })  # fmt: skip
            elif self.allowed():
                hospital.sent.append(json.loads(raw))
                self.say(201, {}, Location=f"{hospital.address}/DocumentReference/1")

        def allowed(self) -> str:
            patient = hospital.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "), "")
            if not patient:
                self.say(401, {"resourceType": "OperationOutcome", "issue": []})
            return patient

        def search(self, kind: str, query: dict[str, str], patient: str) -> None:
            held = hospital.records[patient]
            if kind.startswith("Patient/"):
                self.say(200, next(one for one in held if one["resourceType"] == "Patient"))
                return
            page = int(query.get("page", "1"))
            if status := hospital.broken.get((kind, page)):
                self.say(status, {"resourceType": "OperationOutcome", "issue": []})
                return
            found = [one for one in held if one["resourceType"] == kind]
            links = [{"relation": "self", "url": f"{hospital.address}{self.path.removeprefix('/fhir')}"}]
            if page * PAGE < len(found):
                following = urlencode({"patient": patient, "page": page + 1})
                links.append({"relation": "next", "url": f"{hospital.next_on or hospital.address}/{kind}?{following}"})
            part = found[(page - 1) * PAGE : page * PAGE]
            self.say(200, {
                "resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links,
                "entry": [{"fullUrl": f"{hospital.address}/{kind}/{one['id']}", "resource": one} for one in part],
            })  # fmt: skip

    return Handler


@contextmanager
def running() -> Iterator[Hospital]:
    """The server, while it is needed."""
    hospital = Hospital()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hospital))
    hospital.address = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hospital
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
