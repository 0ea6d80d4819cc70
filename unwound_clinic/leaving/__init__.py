"""What leaves the clinic: all of it for another database or vendor, one patient's own copy, and the registry.

`rows.py` writes rows as plain lines and reads them, `whole.py` makes the archive of a clinic, `arriving.py` brings one
into an empty database, `clinical.py` makes the FHIR part, `own_copy.py` the copy of one patient,
`courses.py` and `published.py` the registry. Imports `session`, `operations`, `record` and `core`. Begin with
`whole.py`.
"""
