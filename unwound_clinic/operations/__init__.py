"""Keeping the clinic running: whether it can work, its backups, and whether what is stored is whole.

`health.py` asks the database, the disk and the clock; `integrity.py` verifies what is stored; `folder.py` guards the
folder; `backup.py` and `restore.py` bring it away and back. Imports `core`. Begin with `health.py`.
"""
