"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.interfaces.pages import figures, launch, services, systems

urls = [*figures.urls, *launch.urls, *services.urls, *systems.urls]
