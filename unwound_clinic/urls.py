"""Every address of the clinic; each page module lists its own."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from unwound_clinic.pages import (
    answers,
    assessment,
    audit,
    bringing,
    consent,
    consultation,
    decision,
    devices,
    drawn,
    home,
    intake,
    ledger,
    letters,
    library,
    patients,
    people,
    plan,
    readings_api,
    room,
    session_leaving,
    session_record,
    session_stretch,
    sessions,
    setup,
    signing,
    waiting,
)


def healthz(request: HttpRequest) -> HttpResponse:
    """That the server answers."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("accounts/", include("allauth.urls")),
    *home.urls,
    *intake.urls,
    *answers.urls,
    *patients.urls,
    *consultation.urls,
    *ledger.urls,
    *assessment.urls,
    *decision.urls,
    *library.urls,
    *people.urls,
    *audit.urls,
    *setup.urls,
    *consent.urls,
    *signing.urls,
    *plan.urls,
    *drawn.urls,
    *letters.urls,
    *devices.urls,
    *waiting.urls,
    *readings_api.urls,
    *bringing.urls,
    *sessions.urls,
    *room.urls,
    *session_record.urls,
    *session_stretch.urls,
    *session_leaving.urls,
]
handler404 = "unwound_clinic.doorkeeper.unreachable"
handler500 = "unwound_clinic.doorkeeper.failed"
