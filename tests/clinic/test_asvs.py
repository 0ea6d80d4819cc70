"""What `docs/asvs.toml` says of OWASP ASVS 5.0 is so: tests exist, settings stand, what is not there is not there.

The number of the requirement stands beside each test.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from in_session import infusing
from small_clinic import PASSWORD, House

import unwound
import unwound_clinic
from unwound_clinic.administration import actions as administration_actions
from unwound_clinic.core import audit
from unwound_clinic.follow_up import links as follow_up_links
from unwound_clinic.interfaces.fhir import keys
from unwound_clinic.models import ReadingSystem, Role
from unwound_clinic.record import incoming
from unwound_clinic.record.actions import patients

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ROOT = Path(__file__).resolve().parents[2]
FILE: dict[str, Any] = tomllib.loads((ROOT / "docs/asvs.toml").read_text("utf-8"))
CLINIC = Path(unwound_clinic.__file__).parent
MOST_EXCUSED = 0.15
OF_LEVELS_1_AND_2 = 253
GUIDE = (ROOT / "docs/how-to/run-a-clinic.md").read_text("utf-8")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one file imports and calls, read once for all tests."""

    name: str
    imported: frozenset[str]
    called: tuple[tuple[str, ast.Call], ...]
    joined: tuple[str, ...]

    @property
    def packages(self) -> set[str]:
        return {module.partition(".")[0] for module in self.imported}

    @property
    def functions(self) -> set[str]:
        return {function for function, _ in self.called}


@cache
def sources() -> tuple[Source, ...]:
    """Every file of both packages."""
    folders = (CLINIC, Path(unwound.__file__).parent)
    return tuple(_read(path) for folder in folders for path in sorted(folder.rglob("*.py")))


def of_the_clinic() -> Iterator[Source]:
    return (source for source in sources() if source.name.startswith("unwound_clinic/"))


def _read(path: Path) -> Source:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return Source(
        name=str(path.relative_to(ROOT)),
        imported=frozenset(modules | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}),
        called=tuple((_name(node.func), node) for node in nodes if isinstance(node, ast.Call)),
        joined=tuple(ast.unparse(node) for node in nodes if isinstance(node, ast.JoinedStr)),
    )


def _name(function: ast.expr) -> str:
    """The dotted name that is called, as far as it is one."""
    if isinstance(function, ast.Attribute):
        return f"{_name(function.value)}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def scripts() -> str:
    return "\n".join(path.read_text("utf-8") for path in (CLINIC / "static/unwound").glob("*.js"))


def templates() -> Iterator[tuple[str, str]]:
    for path in CLINIC.rglob("templates/**/*.html"):
        yield str(path.relative_to(CLINIC)), path.read_text("utf-8")


@pytest.mark.parametrize("row", FILE["rows"], ids=lambda row: row["id"])
def test_a_requirement_names_what_shows_it(row: dict[str, Any]) -> None:
    assert row["state"] in ("test", "setting", "excused", "open")
    assert bool(row.get("tests")) == (row["state"] == "test")
    assert row.get("why") or row["state"] in ("test", "setting"), "what no test shows says why"
    if row["state"] == "setting":
        assert row["setting"] in (CLINIC / "settings.py").read_text("utf-8")
    for test in row.get("tests", ()):
        exists(test)


@pytest.mark.parametrize("group", FILE["absent"], ids=lambda group: group["ids"][0])
def test_what_is_not_there_is_shown_to_be_absent(group: dict[str, Any]) -> None:
    assert group["why"]
    exists(group["test"])


def exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^\s*(?:async )?def {name}\b", (ROOT / file).read_text("utf-8"), re.MULTILINE), test


def test_all_are_there_and_few_are_excused() -> None:
    rows, absent = FILE["rows"], [name for group in FILE["absent"] for name in group["ids"]]
    ids = [row["id"] for row in rows] + absent
    assert len(ids) == len(set(ids)) == OF_LEVELS_1_AND_2
    assert sum(row["state"] == "excused" for row in rows) <= MOST_EXCUSED * len(rows)


def test_no_script_stands_in_a_page_and_none_is_built_from_data(house: House) -> None:
    """1.2.3, 3.2.2."""
    for name, text in templates():
        for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL):
            assert 'type="application/ld+json"' in attributes or not body.strip(), name
        assert not re.search(r"\son(?:click|load|change|input|submit|error)\s*=", text), name
    assert not re.search(r"\b(?:eval|Function)\s*\(|document\.write|insertAdjacentHTML", scripts())


OURS = re.compile(r"quote_name|MOST_NAMED|marks|settings\.|MS\b|_S\b|table|column|name|limit|seconds")
"""What is put into a statement: names of our own tables, and numbers of our own."""


def test_every_statement_in_sql_is_written_whole() -> None:
    """1.2.4: no value is put into a statement as text."""
    for source in of_the_clinic():
        for function, call in source.called:
            if function.endswith((".execute", ".raw", "RawSQL")) and call.args and "migrations" not in source.name:
                for part in ast.walk(call.args[0]):
                    if isinstance(part, ast.FormattedValue):
                        inside = ast.unparse(part.value)
                        assert OURS.search(inside), source.name


def test_a_shell_runs_only_what_the_administrator_configured() -> None:
    """1.2.5."""
    shells = [
        source.name
        for source in sources()
        for function, call in source.called
        if function in ("os.system", "os.popen")
        or any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in call.keywords)
    ]
    assert shells == ["unwound_clinic/core/heads.py"], "the command of UNWOUND_AUDIT_HEADS, and nothing else"


def test_interpreters_that_are_not_there_are_not_imported() -> None:
    """1.2.6 to 1.2.8, 1.3.1, 1.3.8, 1.3.9, 1.5.1, 4.3.1."""
    readers = {
        "lxml",
        "ldap3",
        "ldap",
        "graphene",
        "graphql",
        "strawberry",
        "pymemcache",
        "memcache",
        "pylibmc",
        "bleach",
    }
    for source in sources():
        assert not source.packages & readers, source.name
        if any("ElementTree" in module for module in source.imported):
            assert not any(re.search(r"fromstring|XMLParser|iterparse", name) for name in source.functions), source.name
    assert "memcached" not in str(settings.CACHES)


def test_what_is_typed_is_never_a_regular_expression() -> None:
    """1.2.9: a pattern is written in the source, or what goes into it is escaped."""
    for source in of_the_clinic():
        for function, call in source.called:
            if function.startswith("re.") and call.args and isinstance(call.args[0], ast.JoinedStr):
                first = ast.unparse(call.args[0])
                assert re.search(r"escape|\{([A-Z_]+|cls\.prefix)\}", first), f"{source.name}: {first}"


def test_nothing_is_evaluated() -> None:
    """1.3.2, 1.3.10, 1.5.2."""
    for source in sources():
        assert not source.packages & {"pickle", "marshal", "shelve", "yaml", "dill", "jsonpickle"}, source.name
        assert not source.functions & {"eval", "exec", "compile", "__import__"}, source.name


def test_a_picture_is_no_file_that_somebody_may_send() -> None:
    """1.3.4, 5.2.2: a letter that comes in is PDF or an image by its first bytes, an outside record is read as JSON."""
    assert not incoming.kind_of(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    assert not incoming.kind_of(b"<html><script>1</script></html>")
    assert incoming.kind_of(b"%PDF-1.7\n")


def test_markdown_is_rendered_from_our_own_texts_only() -> None:
    """1.3.5."""
    users = [source.name for source in sources() if "markdown_it" in source.packages]
    assert all("public" in name for name in users), users


def test_nothing_fetches_an_address_that_was_typed() -> None:
    """1.3.6, 13.2.4, 13.2.5, 15.3.2: out go mail, the database, heads, and named servers."""
    fetching = {"urllib.request", "http.client", "requests", "httpx", "httpx2", "aiohttp", "urllib3"}
    users = {source.name for source in sources() if source.imported & fetching}
    assert users <= OUTBOUND, users - OUTBOUND


OUTBOUND = {
    "unwound_clinic/commands/clinic.py",
    "unwound_clinic/interfaces/smart/login.py",
    "unwound_clinic/interfaces/smart/reading.py",
    "unwound_clinic/interfaces/smart/sending.py",
}
"""`serve` asks itself whether it is ready; a launch reads the hospital's server that an administrator entered."""


def test_no_template_is_built_from_a_text() -> None:
    """1.3.7."""
    for source in of_the_clinic():
        assert not any(re.search(r"(^|\.)(Template|from_string)$", name) for name in source.functions), source.name


def test_the_limits_of_work_are_on_the_page() -> None:
    """2.1.3, 15.1.3."""
    for word in ("UNWOUND_POSTS", "UNWOUND_IMPORT_MB", "Nobody waits for a database longer than"):
        assert word in GUIDE


def test_every_answer_says_what_it_is_and_is_not_guessed(house: House) -> None:
    """3.2.1, 3.4.4, 4.1.1."""
    client = house.client("physician")
    for address in ("/", f"/patients/{house.patient.pk}/", "/learn/", "/healthz", "/no-such-page/"):
        answer = client.get(address)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(r"[\w.+-]+/[\w.+-]+(; charset=utf-8)?", answer["Content-Type"], re.IGNORECASE)
        assert "charset" in answer["Content-Type"]


def test_cookies_stay_at_home(house: House) -> None:
    """3.3.2, 3.3.4."""
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "auditor@example.test", "password": PASSWORD})
    assert client.cookies
    for name, morsel in client.cookies.items():
        assert morsel["samesite"] in ("Lax", "Strict"), name
        assert morsel["httponly"] or name == settings.CSRF_COOKIE_NAME, name


def test_no_page_of_another_site_reads_ours(house: House) -> None:
    """3.4.2, 3.5.2, 3.5.5."""
    client = house.client("physician")
    for address in ("/", f"/patients/{house.patient.pk}/", "/learn/"):
        answer = client.get(address, headers={"origin": "https://elsewhere.example"})
        assert "Access-Control-Allow-Origin" not in answer
    assert "postMessage" not in scripts()


def test_screens_ask_by_plain_requests() -> None:
    """4.4, 17: no WebSocket, no WebRTC, and a server that speaks neither."""
    assert not re.search(r"WebSocket|RTCPeerConnection|EventSource", scripts())
    assert not any("channels" in app for app in settings.INSTALLED_APPS)
    assert getattr(settings, "ASGI_APPLICATION", None) is None


def test_what_may_be_sent_is_on_the_page() -> None:
    """5.1.1."""
    assert "largest outside record that is imported, as sent and as unpacked, and largest file of a referral" in GUIDE


def test_nothing_that_was_sent_lies_where_files_are_served(house: House) -> None:
    """5.3.1, 5.3.2: what is uploaded lies in the database; static files are those of the program."""
    for source in of_the_clinic():
        assert not source.functions & {"models.FileField", "models.ImageField"}, source.name
    for address in ("/static/../clinic.sqlite3", "/media/", "/media/letter.pdf"):
        assert house.client("physician").get(address).status_code == 404


def test_names_of_files_are_ours() -> None:
    """5.4.1, 5.4.2: no name that was sent stands in a header."""
    for source in of_the_clinic():
        assert not any("filename=" in text and "request" in text for text in source.joined), source.name


def test_what_is_said_of_wrong_passwords_is_what_is_done() -> None:
    """6.1.1, 6.1.3."""
    assert "Five wrong passwords lock an account for 15 minutes, from the address they came from" in GUIDE
    assert settings.AXES_FAILURE_LIMIT == 5
    assert settings.AXES_COOLOFF_TIME == 0.25
    assert "five wrong ones end the session" in GUIDE


def test_a_new_password_needs_the_old_one(house: House) -> None:
    """6.2.3, 7.5.1."""
    client = house.client("nurse")
    new = {"password1": "another long horse", "password2": "another long horse"}
    for old in ("", "wrong password"):
        client.post("/accounts/password/change/", new | {"oldpassword": old})
        house.users["nurse"].refresh_from_db()
        assert house.users["nurse"].check_password(PASSWORD)


def test_any_long_password_is_taken_as_it_is() -> None:
    """6.2.5, 6.2.8, 6.2.9: any characters, exactly as typed, at least 64 of them."""
    from django.contrib.auth.hashers import check_password, make_password
    from django.contrib.auth.password_validation import validate_password

    for typed in ("all small letters and spaces ", "Ä" * 64, "x7" * 60):
        validate_password(typed)
        stored = make_password(typed)
        assert check_password(typed, stored)
        assert not check_password(typed.strip() + "x", stored)
        assert not check_password(typed.swapcase(), stored)


def test_passwords_are_typed_unseen_and_may_be_pasted() -> None:
    """6.2.6, 6.2.7."""
    for name, text in templates():
        for field in re.findall(r"<input\b[^>]*>", text):
            if re.search(r'name="[^"]*password', field):
                assert 'type="password"' in field, f"{name}: {field}"
    assert not re.search(r"['\"]paste['\"]", scripts())


def test_no_password_ends_by_the_calendar() -> None:
    """6.2.10."""
    assert not any("EXPIR" in name and "PASSWORD" in name for name in dir(settings))


def test_the_second_factor_is_a_device_or_a_printed_code() -> None:
    """6.6."""
    assert settings.MFA_SUPPORTED_TYPES == ["totp", "recovery_codes"]
    assert not getattr(settings, "ACCOUNT_LOGIN_BY_CODE_ENABLED", False)


def test_nobody_logs_in_by_way_of_another_house() -> None:
    """6.8, 7.1.3, 7.6.1."""
    assert not any("socialaccount" in app or "saml" in app or "openid" in app for app in settings.INSTALLED_APPS)
    assert all("social" not in backend for backend in settings.AUTHENTICATION_BACKENDS)


def test_how_long_a_login_lasts_is_on_the_page() -> None:
    """7.1.1, 7.1.2."""
    assert "UNWOUND_IDLE_LOCK_MINUTES" in GUIDE
    assert settings.SESSION_COOKIE_AGE == 12 * 3600
    assert "A log-in ends after twelve hours, and with the browser" in GUIDE
    assert "As many log-ins of one person as devices" in GUIDE


def test_a_login_is_a_number_that_only_the_server_knows(house: House) -> None:
    """7.2.1 to 7.2.3: 32 letters and digits drawn by the framework, kept on the server."""
    client = house.client("nurse")
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert re.fullmatch(r"[a-z0-9]{32}", key)
    assert "signed_cookies" not in settings.SESSION_ENGINE
    client.cookies[settings.SESSION_COOKIE_NAME] = key[::-1]
    assert client.get("/").status_code == 302


def test_a_login_gets_a_new_number_and_leaving_ends_it(house: House) -> None:
    """7.2.4, 7.4.1."""
    client = house.client("nurse")
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = key
    assert again.get("/").status_code == 302
    client.force_login(house.users["nurse"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != key


def test_who_loses_the_last_role_is_out_at_once(house: House) -> None:
    """7.4.2."""
    client, nurse = house.client("nurse"), house.users["nurse"]
    assert client.get(f"/patients/{house.patient.pk}/").status_code == 200
    administration_actions.take_role(by=house.by("administrator"), site=house.site, user=nurse)
    assert client.get(f"/patients/{house.patient.pk}/").status_code in (302, 403, 404)


def test_a_new_password_ends_other_logins(house: House) -> None:
    """7.4.3."""
    elsewhere = house.client("nurse")
    assert elsewhere.get("/").status_code == 200
    house.users["nurse"].set_password("quite another long horse")
    house.users["nurse"].save()
    assert elsewhere.get("/").status_code == 302


def test_every_page_of_staff_has_a_way_out(house: House) -> None:
    """7.4.4."""
    for role in ("physician", "administrator", "auditor"):
        assert "/accounts/logout/" in house.client(role).get("/").content.decode()
    session = infusing(house)
    assert "/accounts/logout/" in house.client("nurse").get(f"/sessions/{session.pk}/").content.decode()


def test_who_may_do_what_is_on_the_page() -> None:
    """8.1.1, 8.1.2: each role of the program is a row of the guide."""
    table = GUIDE.partition("## Who may do what")[2].partition("\n## ")[0]
    for role in Role.values:
        assert f"| {role.replace('-', ' ')} |" in table


def test_each_key_is_on_the_page() -> None:
    """11.1.2."""
    for name in ("secret.key", "audit.key", "backup-keys.txt"):
        assert f"`{name}`" in GUIDE


def test_the_life_of_each_key_is_on_the_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """11.1.1: who holds it, what it opens, and what its change costs, as it is said there."""
    table = GUIDE.partition("### Keys and their life")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert all(len(row) == 5 and all(row) for row in rows)
    drawn = re.findall(r'kept_secret\("([\w.]+)"\)', (CLINIC / "settings.py").read_text("utf-8"))
    assert {f"`{name}`" for name in drawn} <= {row[0] for row in rows}
    client, link = house.client("nurse"), patients.invite(by=house.by("nurse"), patient=house.patient)[1]
    begun = follow_up_links.token("one nonce")
    monkeypatch.setattr(settings, "SECRET_KEY", "another key, drawn anew")
    assert client.get("/").status_code == 302, "everybody logs in again"
    assert Client().get(f"/i/{link}/").status_code == 200, "links that were sent still open"
    assert follow_up_links.token("one nonce") == begun, "those of a follow-up have a key of their own"
    monkeypatch.setattr(settings, "LINKS_KEY", "another key, drawn anew")
    assert follow_up_links.token("one nonce") != begun, "a follow-up sends no link that was sent before"
    assert audit.verify() is None
    monkeypatch.setattr(settings, "AUDIT_KEY", "another key, drawn anew")
    assert audit.verify() is not None, "the whole log no longer verifies"


def test_the_levels_of_protection_are_on_the_page() -> None:
    """14.1.1, 14.1.2: what is stored, by level, each with its protection on the way, at rest, and for how long."""
    table = GUIDE.partition("## How what is stored is protected")[2].partition("\n### ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert all(len(row) == 7 and all(row) for row in rows)
    for what in ("record", "consents", "backups", "second factor", "audit log", "server's own lines", "knowledge"):
        assert what in " ".join(row[1] for row in rows), what


def test_only_hashes_that_hold_are_used() -> None:
    """11.4.1, 11.4.3."""
    for source in sources():
        for function, call in source.called:
            if function in ("hashlib.md5", "hashlib.sha1"):
                assert any(word.arg == "usedforsecurity" for word in call.keywords), source.name


def test_what_must_not_be_guessed_is_drawn_by_secrets() -> None:
    """11.5.1."""
    for source in of_the_clinic():
        if not re.search("demonstration|simulator", source.name) and source.name not in OPENS_NOTHING:
            assert "random" not in source.imported, source.name
            for function, call in source.called:
                if function == "secrets.token_urlsafe" and call.args and isinstance(call.args[0], ast.Constant):
                    assert int(str(call.args[0].value)) >= 16, source.name


OPENS_NOTHING = {"unwound_clinic/core/form_fields.py", "unwound_clinic/front/searches.py"}
"""The number by which a form is taken once; that of one's own search, kept in one's own log-in."""


def test_a_token_names_a_system_and_nobody(house: House) -> None:
    """10.3.3, 10.3.4."""
    system = ReadingSystem.objects.create(
        site=house.site, name="Hub", client_id="any", keys={"keys": []}, scopes="system/Patient.rs",
        made_at=timezone.now(), made_by=house.users["administrator"],
    )  # fmt: skip
    session = keys.session(keys.token(system, "system/Patient.rs"))
    assert session is not None
    assert session.system == system
    assert keys.session(keys.token(system, "system/Patient.rs") + "x") is None
    assert not any("user" in field for field in session.__dataclass_fields__)


def test_only_systems_get_tokens(house: House) -> None:
    """10.4 to 10.7: one grant, and no pages of an authorization server."""
    client = Client()
    stated = client.get("/fhir/.well-known/smart-configuration").json()
    assert stated["grant_types_supported"] == ["client_credentials"]
    assert "authorization_endpoint" not in stated
    for grant in ("authorization_code", "password", "refresh_token", "implicit", ""):
        answer = client.post(
            stated["token_endpoint"].partition("testserver")[2],
            f"grant_type={grant}",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code in (400, 401)
        assert "access_token" not in answer.content.decode()


def test_the_guide_leaves_the_line_to_a_proxy_of_today() -> None:
    """12.1.1 to 12.1.3, 12.2.1: Caddy, which takes TLS 1.2 and 1.3 and redirects http."""
    assert "apt install caddy" in GUIDE
    assert "reverse_proxy 127.0.0.1:8000" in GUIDE
    assert "UNWOUND_HTTPS=on" in GUIDE
    assert "client_auth" not in GUIDE


def test_whom_the_clinic_talks_to_is_on_the_page() -> None:
    """13.1.1."""
    for name in ("UNWOUND_MAIL", "UNWOUND_SMS", "UNWOUND_DATABASE_URL", "UNWOUND_AUDIT_HEADS"):
        assert f"`{name}`" in GUIDE


def test_how_faults_are_told_and_mended_is_written() -> None:
    """15.1.1."""
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "7 days" in text
    assert "90 days" in text


def test_the_logs_are_on_the_page() -> None:
    """16.1.1, 16.2.3."""
    assert "## The log" in GUIDE
    assert "journalctl -u unwound" in GUIDE


def test_every_address_of_the_clinic_is_known_to_these_tests() -> None:
    """No part of another program brought pages along: an administration of the framework, a documentation of an API."""
    names = {str(pattern.pattern) for pattern in get_resolver().url_patterns}
    assert not any(name.startswith(("admin", "docs", "swagger", "redoc", "silk", "__debug__")) for name in names)
