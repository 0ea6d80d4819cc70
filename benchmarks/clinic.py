"""How long pages take: home, an assessment, saving a fact, searches by name, by telephone and for somebody who is not
there; with 100 and 10,000 patients and 20 users at once.

Each user is a browser of their own that asks again a second after the answer. The server is `./run serve` as it is, on
SQLite and, where it is installed, on PostgreSQL; who asks runs on the same machine. Every patient has a record of about
seventy entries. Run: python benchmarks/clinic.py [--patients 10000] [--users 20] [--seconds 20]

On a machine that others use, `--processor` measures what does not depend on them: processor time of each page, one
after another in one process, on SQLite.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/house"))
import postgres  # noqa: E402

PORT = 8171
WAIT_S = 1.0
FEW = 100
Times = dict[str, list[float]]


def fill(patients: int, users: int) -> None:
    """In a process of its own: the clinic, its users (logged in), and the patients with their entries."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0, interactive=False)
    from unwound_clinic.administration import actions as administration_actions
    from unwound_clinic.core import access
    from unwound_clinic.models import Entry, Patient, Site, Stage, User, searching
    from unwound_clinic.record import comparing, importing

    if not User.objects.exists():
        admin = administration_actions.found_clinic(
            by=administration_actions.FIRST,
            site_name="Bench",
            timezone_name="UTC",
            email="a@b.test",
            name="A",
            password="x" * 20,
        )
        for number in range(users):
            administration_actions.give_role(
                by=access.staff(admin), site=Site.objects.get(), email=f"u{number}@b.test", name="U", role="nurse"
            )
    site, now = Site.objects.get(), timezone.now()
    file = ROOT / "unwound/examples/crps_after_wrist_fracture.toml"
    story = comparing.compare(importing.read(file.read_bytes(), file.name, now.date()), ()).entries
    stages, given = list(Stage.values), ("Bench", "Maria", "Jonathan", "Aisha", "Wei")
    there = Patient.objects.count()
    rows = [
        Patient(
            site=site,
            number=f"B-{number}",
            family_name=f"Testcase{number}",
            given_name=given[number % len(given)],
            registered_at=now,
            stage=stages[number % len(stages)],
            due_on=now.date() + timezone.timedelta(days=number % 400 - 20),
            due_what="look",
            phone=f"555-{number:07}",
            search=searching.text_of(
                family=f"Testcase{number}",
                given=given[number % len(given)],
                number=f"B-{number}",
                phone=f"555-{number:07}",
                born=None,
            ),
        )
        for number in range(there, patients)
    ]
    made = Patient.objects.bulk_create(rows, batch_size=500)
    if made:
        one = made[0]
        Entry.objects.bulk_create(
            Entry(patient=one, kind=new.kind, key=new.key, value=new.value, on=new.on, at=now, by_name="bench")
            for new in story
        )
        give_all_the_record_of(one)
    for user in User.objects.filter(email__startswith="u"):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    print(*Patient.objects.order_by("?").values_list("pk", flat=True)[:200], sep=",")


def give_all_the_record_of(one: Any) -> None:
    """Every later patient gets the entries of this one, copied by the database itself: 700,000 rows in seconds."""
    from django.db import connection

    from unwound_clinic.models import Entry, Patient

    copied = [field.column for field in Entry._meta.concrete_fields if field.name not in ("id", "patient")]
    names = ", ".join(map(connection.ops.quote_name, copied))
    entries, patients = Entry._meta.db_table, Patient._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {entries} (patient_id, {names}) select other.id, {names} "
            f"from {patients} other cross join (select {names} from {entries} where patient_id = %s) record "
            "where other.id > %s order by other.id",
            [one.pk, one.pk],
        )


class Browser(threading.Thread):
    """One user: home, an assessment, a fact saved, somebody searched for in three ways, again and again."""

    def __init__(self, cookie: str, patients: list[str], until: float, times: Times) -> None:
        super().__init__(daemon=True)
        self.cookie, self.patients, self.until, self.times = cookie, patients, until, times
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.failed, self.location = "", ""

    def run(self) -> None:
        """Until the time is over."""
        number = hash(self.cookie)
        try:
            while time.perf_counter() < self.until:
                number += 1
                self.round(number)
        except Exception as error:
            self.failed = repr(error)

    def round(self, number: int) -> None:
        """Each kind of page once."""
        patient = self.patients[number % len(self.patients)]
        self.ask("home", "/")
        self.ask("assessment", f"/patients/{patient}/assessment/")
        self.save(patient, 50 + number % 40)
        self.search("search", f"testcase{patient}")
        self.search("by telephone", f"555-{int(patient):07}")
        self.search("nobody", f"bensh testkase{patient}")

    def ask(self, name: str, path: str, body: str | None = None, cookie: str = "") -> tuple[str, str]:
        time.sleep(WAIT_S)
        headers = {"Cookie": f"{self.cookie}; {cookie}", "Referer": f"http://127.0.0.1:{PORT}{path}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        start = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        took = time.perf_counter() - start
        self.location = answer.getheader("Location") or ""
        if answer.status not in (200, 302):
            raise RuntimeError(f"{path}: {answer.status} {text[:300]}")
        if name:
            self.times[name].append(took)
        return text, answer.getheader("Set-Cookie") or ""

    def search(self, name: str, asked: str) -> None:
        """The list that a search leads to."""
        text, cookie = self.ask("", "/patients/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "q": asked}
        self.ask("", "/patients/", urllib.parse.urlencode(form), cookie.split(";")[0])
        self.ask(name, self.location)

    def save(self, patient: str, weight_kg: int) -> None:
        path = f"/patients/{patient}/consultation/measurements/"
        text, cookie = self.ask("", path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "weight_kg": weight_kg, "reason": "weighed again"}
        for name, value in re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', text):
            form.setdefault(name, value)
        self.ask("save", path, urllib.parse.urlencode(form), cookie.split(";")[0])


class InOneProcess(Browser):
    """The same user without a server and without waiting; what is measured is processor time, SQLite's with it."""

    def __init__(self, cookie: str, patients: list[str], times: Times) -> None:
        from django.test import Client

        super().__init__(cookie, patients, 0.0, times)
        self.client = Client(headers={"host": "127.0.0.1"})
        name, _, value = cookie.partition("=")
        self.client.cookies[name] = value

    def ask(self, name: str, path: str, body: str | None = None, cookie: str = "") -> tuple[str, str]:
        start = time.process_time()
        kind = "application/x-www-form-urlencoded"
        answer = self.client.get(path) if body is None else self.client.post(path, body, content_type=kind)
        took = time.process_time() - start
        if answer.status_code not in (200, 302):
            raise RuntimeError(f"{path}: {answer.status_code}")
        self.location = answer.headers.get("Location", "")
        if name:
            self.times[name].append(took)
        return answer.content.decode(), ""


def by_processor(patients: int, rounds: int) -> None:
    """In a process of its own: so many rounds of one user; the times of each kind of page, as JSON."""
    with contextlib.redirect_stdout(io.StringIO()) as written:
        fill(patients, 1)
    (cookie, some) = written.getvalue().split()
    times: Times = defaultdict(list)
    user = InOneProcess(cookie, some.split(","), times)
    for number in range(rounds + 2):
        if number == 2:  # the first rounds bring everything along
            times.clear()
        user.round(number)
    print(json.dumps(times))


def measure(
    patients: int, users: int, seconds: float, data: Path, environment: dict[str, str]
) -> dict[str, list[float]]:
    """The times of every kind of request, with that many patients in the clinic."""
    filling = [sys.executable, __file__, "--fill", "--patients", str(patients), "--users", str(users)]
    filled = subprocess.run(filling, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    cookies, some = filled[:-1], filled[-1].split(",")
    command = [str(Path(sys.executable).parent / "unwound"), "serve", "--data", str(data), "--port", str(PORT)]
    server = subprocess.Popen([*command, "--no-browser"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        while "ready" not in (line := server.stdout.readline()):
            if not line:
                raise RuntimeError("the server ended before it was ready")
        times: Times = defaultdict(list)
        warming = [Browser(cookie, some, time.perf_counter() + 4, defaultdict(list)) for cookie in cookies]
        _all(warming)
        asking = [Browser(cookie, some, time.perf_counter() + seconds, times) for cookie in cookies]
        _all(asking)
        return times
    finally:
        server.terminate()
        server.wait(timeout=30)


def _all(browsers: list[Browser]) -> None:
    """They begin one after another within a second: people do not click in step."""
    for one in browsers:
        one.start()
        time.sleep(WAIT_S / len(browsers))
    for one in browsers:
        one.join()
    failed = [one.failed for one in browsers if one.failed]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(browsers)} users were refused: {failed[0]}")


def line(name: str, patients: int, page: str, took: list[float], few: dict[str, float]) -> None:
    took.sort()
    p50, p99 = median(took), took[min(len(took) - 1, int(len(took) * 0.99))]
    ratio = f"   {p50 / few[page]:.2f} times the p50 with {FEW}" if page in few else ""
    few.setdefault(page, p50)
    print(f"{name:12}{patients:9,}  {page:12}{len(took):9,}{p50 * 1e3:9.1f}{p99 * 1e3:9.1f}{ratio}")


def _by_processor(patients: int) -> None:
    print(f"{'':12}{'patients':>9}  {'page':12}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}   of processor time")
    few: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="unwound-bench-") as folder:
        environment = {**os.environ, "UNWOUND_DATA": folder, "UNWOUND_MFA": "off"}
        environment["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
        for number in (FEW, patients):
            command = [sys.executable, __file__, "--rounds", "25", "--patients", str(number)]
            output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
            for page, took in sorted(json.loads(output).items()):
                line("SQLite", number, page, took, few)


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=10_000)
    asked.add_argument("--users", type=int, default=20)
    asked.add_argument("--seconds", type=float, default=20)
    asked.add_argument("--processor", action="store_true", help="processor time, of one user in one process")
    asked.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    asked.add_argument("--rounds", type=int, default=0, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.fill:
        fill(given.patients, given.users)
        return
    if given.rounds:
        by_processor(given.patients, given.rounds)
        return
    if given.processor:
        _by_processor(given.patients)
        return
    programs = postgres.binaries()
    print(f"{'':12}{'patients':>9}  {'page':12}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name in ("SQLite", *(["PostgreSQL"] if programs else [])):
        opened = postgres.postgres(programs) if name == "PostgreSQL" and programs else contextlib.nullcontext("")
        with tempfile.TemporaryDirectory(prefix="unwound-bench-") as folder, opened as address:
            environment = {**os.environ, "UNWOUND_DATA": folder, "UNWOUND_MFA": "off"}
            environment["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
            if address:
                environment["UNWOUND_DATABASE_URL"] = address
            few: dict[str, float] = {}
            for patients in (FEW, given.patients):
                times = measure(patients, given.users, given.seconds, Path(folder), environment)
                for page, took in sorted(times.items()):
                    line(name, patients, page, took, few)
    if not programs:
        print("PostgreSQL is not installed: not measured")


if __name__ == "__main__":
    main()
