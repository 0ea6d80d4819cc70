"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.interfaces.pages import services, systems

urls = [*services.urls, *systems.urls]
