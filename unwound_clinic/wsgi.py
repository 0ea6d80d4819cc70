"""The door for a WSGI server (granian)."""

import os

from django.core.wsgi import get_wsgi_application

# Loaded before the first page is asked for, which would otherwise wait for it.
from unwound import plots  # noqa: F401
from unwound.pharmacology.solver import concentrations  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unwound_clinic.settings")
application = get_wsgi_application()
