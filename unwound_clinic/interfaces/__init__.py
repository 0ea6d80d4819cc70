"""What other programs ask of the clinic, and what it asks of a hospital's: no page of a patient's record is in here.

It translates and lets in; what is medicine is decided in the library, what is written goes through the wings whose it
is. Imports `leaving`, `follow_up`, `session`, `record`, `operations` and `core`. Begin with `pages/services.py` (CDS
Hooks), then `cds/callers.py` (who may call); `fhir/pages/server.py` is how they read us, `metrics.py` how well we are.
"""
