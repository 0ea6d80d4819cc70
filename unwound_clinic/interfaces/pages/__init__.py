"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.interfaces.pages import launch, services, systems

urls = [*launch.urls, *services.urls, *systems.urls]
