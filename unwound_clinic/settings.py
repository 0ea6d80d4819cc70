"""Settings of a clinic: everything it stores is in one folder, named by UNWOUND_DATA.

UNWOUND_DATABASE_URL   postgresql://user:password@host/name; without it SQLite in the folder
UNWOUND_HOSTS          host names of the clinic, separated by commas (default: this machine only)
UNWOUND_HTTPS          «on» behind a TLS proxy: cookies are then sent over TLS only
UNWOUND_PROXIES        addresses or networks of proxies whose word on the client's address is taken, separated by commas
UNWOUND_ADDRESS        the address under which patients open their links: https://clinic.example
UNWOUND_MAIL           the mail server: smtp://user:password@host:587 (or smtps://, or smtp+plain:// on this machine)
UNWOUND_MAIL_FROM      the sender of mail: clinic@example.org
UNWOUND_SMS            a command that sends a text message: the number is its last argument, the text its input
UNWOUND_POSTS          readings posted with one monitor's key: at most so many posts a minute (default 1200)
UNWOUND_AUDIT_HEADS    where heads of the audit log are sent: a folder, or «|» and a command
UNWOUND_IMPORT_MB      largest outside record that is imported, sent and unpacked (default: 10 MB)
UNWOUND_MANUAL         the address of a manual of the clinic's own, shown under «Help» besides the one that is built in
UNWOUND_PUBLIC         «off» closes the pages that anybody may read without an account (/learn/)
UNWOUND_CDS_MS         within so many milliseconds a call of CDS Hooks is answered, else without a card (default: 500)
UNWOUND_LOG            «json» writes the server's log as a line of JSON for each event (default: text)
UNWOUND_METRICS        the token with which /metrics is read from elsewhere; without it from this machine only
UNWOUND_MFA            «off» lets staff in without a second factor; every page then shows it
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from unwound_clinic.core import mail_settings

os.umask(0o077)  # whatever the clinic writes is for the user it runs as, and for nobody else on the machine
HERE = Path(__file__).parent
DATA = Path(os.environ.get("UNWOUND_DATA", "clinic-data")).absolute()


def kept_secret(name: str) -> str:
    """A secret, generated once when the folder is made and readable by its owner only."""
    place = DATA / name
    try:
        return place.read_text(encoding="ascii")
    except FileNotFoundError:
        DATA.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_urlsafe(48)
        try:
            descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return place.read_text(encoding="ascii")
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secret)
        return secret


def whole_number(name: str, usual: str) -> int:
    """A setting that is a whole number, at least 1."""
    value = os.environ.get(name, usual)
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ImproperlyConfigured(f"{name}: must be a whole number of at least 1, not «{value}»")
    return int(value)


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A setting that lists addresses or networks, separated by commas; none where it is not set."""
    written = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    try:
        return [ipaddress.ip_network(part) for part in written]
    except ValueError as reason:
        raise ImproperlyConfigured(f"{name}: {reason}") from None


def public_address(name: str) -> str:
    """A setting that is the address of the clinic for the world outside, without anything after its name."""
    written = os.environ.get(name, "").strip().rstrip("/")
    try:
        parts = urlsplit(written)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if written and (not whole or written != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc):
        raise ImproperlyConfigured(f"{name}: the form is https://clinic.example.org, not «{written[:80]}»")
    return written


SECRET_KEY = kept_secret("secret.key")
AUDIT_KEY = kept_secret("audit.key")
LINKS_KEY = kept_secret("links.key")
"""Makes the links in messages to patients; it goes with every backup, so that they open after a restore."""
DEBUG = False
HTTPS = os.environ.get("UNWOUND_HTTPS") == "on"
MANUAL = os.environ.get("UNWOUND_MANUAL", "")
MFA_REQUIRED = os.environ.get("UNWOUND_MFA") != "off"
DEMO = os.environ.get("UNWOUND_DEMO") == "on"
PUBLIC_LIBRARY = os.environ.get("UNWOUND_PUBLIC") != "off"
ADDRESS = public_address("UNWOUND_ADDRESS")
if MANUAL and urlsplit(MANUAL).scheme not in ("http", "https"):
    raise ImproperlyConfigured(f"UNWOUND_MANUAL: the form is https://clinic.example/manual, not «{MANUAL[:80]}»")
ALLOWED_HOSTS = [host for host in os.environ.get("UNWOUND_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host]
ALLOWED_HOSTS += [name for name in (urlsplit(ADDRESS).hostname,) if name and name not in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "unwound_clinic.apps.Clinic",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "unwound_clinic.core.requests.KnownRequests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "unwound_clinic.core.compressed.Compressed",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "unwound_clinic.core.middleware.LastSeen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "unwound_clinic.core.drafts.Drafts",
    "unwound_clinic.core.middleware.AccessGate",
    "unwound_clinic.core.unreadable.Readable",
    "unwound_clinic.core.sent_again.Once",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "unwound_clinic.urls"
WSGI_APPLICATION = "unwound_clinic.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(HERE.glob("*/templates")),  # of each wing, under its name: «session/room.html»
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "unwound_clinic.core.middleware.header",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "unwound_clinic.core.template_words",
                "unwound_clinic.core.form_fields",
            ],
            "libraries": {
                "tabs": "unwound_clinic.core.tabs",
                "events": "unwound_clinic.administration.event_words",
                "plans": "unwound_clinic.treatment.template_words",
                "sessions": "unwound_clinic.session.template_words",
                "asking": "unwound_clinic.follow_up.template_words",
                "months": "unwound_clinic.follow_up.outcome_words",
            },
        },
    }
]

try:
    address = os.environ.get("UNWOUND_DATABASE_URL")
    # A path is no address: «clinic #1» would be cut at its «#», and the record lie beside its folder.
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA / "clinic.sqlite3")}
    database = dj_database_url.parse(address) if address else file
except ValueError:
    # The address holds a password: it is not repeated.
    raise ImproperlyConfigured(
        "UNWOUND_DATABASE_URL: not a database address; the form is postgresql://user:password@host/name"
    ) from None
# After a restart of the database no request is lost.
DATABASES: dict[str, Any] = {"default": {**database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
BUSY_S = 5
"""How long a database that others hold is waited for: then the page says so, and its thread is free for others."""
STATEMENT_S = 30
FORGOTTEN_S = 60
"""How long a transaction may stand open and do nothing (PostgreSQL)."""
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    limits = {
        "lock_timeout": BUSY_S,
        "statement_timeout": STATEMENT_S,
        "idle_in_transaction_session_timeout": FORGOTTEN_S,
    }
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", BUSY_S)
    options.setdefault("options", " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()))
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # An acknowledged reading or signature is on disk: FULL syncs the log at every commit.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": BUSY_S,
        # What is deleted is overwritten: an erased record is not left in the free space of the file.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
    # Tests run against a file as well: a database in memory has no WAL and no second connection.
    DATABASES["default"]["TEST"] = {"NAME": DATA / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "unwound_clinic.User"
AUTHENTICATION_BACKENDS = [
    "unwound_clinic.core.passwords.Locks",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "unwound_clinic.core.house_words.HouseWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "unwound_clinic.core.middleware.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "unwound_clinic.core.middleware.SecondFactor"
MFA_TOTP_ISSUER = "Unwound"
USERSESSIONS_TRACK_ACTIVITY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "unwound_clinic.core.passwords.counted_for"
AXES_CLIENT_IP_CALLABLE = "unwound_clinic.core.client_address.address_or_none"
TRUSTED_PROXIES = networks("UNWOUND_PROXIES")
# All of a clinic come from one address: nothing is counted for the address alone. The rest is of codes, by account.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key"}
# How many wrong codes there were, and which code was used, is the same in every worker: it lies in the clinic's folder.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA / "cache" / "shared",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

POSTS_PER_MINUTE = whole_number("UNWOUND_POSTS", "1200")
AUDIT_HEADS = os.environ.get("UNWOUND_AUDIT_HEADS", "")
METRICS = os.environ.get("UNWOUND_METRICS", "")
if METRICS and len(METRICS) < 24:
    raise ImproperlyConfigured("UNWOUND_METRICS: at least 24 characters, as «openssl rand -hex 24» prints them")
CDS_MS = whole_number("UNWOUND_CDS_MS", "500")
IMPORT_MEGABYTES = whole_number("UNWOUND_IMPORT_MB", "10")
IDLE_LOCK_MINUTES = whole_number("UNWOUND_IDLE_LOCK_MINUTES", "15")
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # such a cookie is taken from this host only, never from one beside it
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "unwound_clinic.core.middleware.form_too_old"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "unwound_clinic.core.formats"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA / "media"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"
if os.environ.get("UNWOUND_MAIL"):
    locals().update(mail_settings.read("UNWOUND_MAIL", os.environ["UNWOUND_MAIL"]))
DEFAULT_FROM_EMAIL = os.environ.get("UNWOUND_MAIL_FROM", "unwound@localhost")
SMS = os.environ.get("UNWOUND_SMS", "")
LOG = os.environ.get("UNWOUND_LOG", "text")
if LOG not in ("text", "json"):
    raise ImproperlyConfigured(f"UNWOUND_LOG: must be «json» or «text», not «{LOG[:80]}»")
# No patient's name is logged: requests are logged by path, and paths hold numbers; tokens of links are masked.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "masks": {"()": "unwound_clinic.core.log_masks.Masks"},
        "one line": {"()": "unwound_clinic.core.log_lines.OneLine"},
    },
    "formatters": {"lines": {"()": f"unwound_clinic.core.log_lines.{'Json' if LOG == 'json' else 'Timed'}"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["one line", "masks"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
