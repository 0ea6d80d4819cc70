"""FHIR R4 at /fhir, for systems that an administrator let in, made from the record when it is asked for.

`keys.py` knows a system by its signed assertion, `scopes.py` says what it may see, `stored.py` makes the resources,
`searches.py` answers a search, `statement.py` says what runs; `answers.py` is how each answer looks.
"""
