"""The addresses of the FHIR server, and the page on which an administrator lets systems in."""

from unwound_clinic.interfaces.fhir.pages import server, systems

urls = [*server.urls, *systems.urls]
