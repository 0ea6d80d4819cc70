"""Django's own commands, for those who know them: python manage.py migrate, shell, ..."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unwound_clinic.settings")
    execute_from_command_line(sys.argv)
