"""Every address of the clinic; each wing lists its own."""

from django.urls import include, path

from unwound_clinic.administration import pages as administration
from unwound_clinic.follow_up import pages as follow_up
from unwound_clinic.front import pages as front
from unwound_clinic.intake import pages as intake
from unwound_clinic.interfaces import pages as interfaces
from unwound_clinic.interfaces.fhir import pages as fhir
from unwound_clinic.leaving import pages as leaving
from unwound_clinic.letters import pages as letters
from unwound_clinic.monitors import pages as monitors
from unwound_clinic.operations import pages as operations
from unwound_clinic.public import pages as public
from unwound_clinic.record import pages as record
from unwound_clinic.session import pages as session
from unwound_clinic.treatment import pages as treatment

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    *front.urls,
    *intake.urls,
    *record.urls,
    *treatment.urls,
    *follow_up.urls,
    *letters.urls,
    *leaving.urls,
    *session.urls,
    *monitors.urls,
    *public.urls,
    *interfaces.urls,
    *fhir.urls,
    *administration.urls,
    *operations.urls,
]
handler400 = "unwound_clinic.core.middleware.unread"
handler404 = "unwound_clinic.core.middleware.not_found"
handler500 = "unwound_clinic.core.middleware.failed"
