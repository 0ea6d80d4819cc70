"""Searching resources of FHIR R4 as a server does: `read` makes conditions of parameters, `Condition.holds` judges one.

Pure functions over resources as they are written. `parameters` says what each type is asked for by, `values` compares
one value, `query` reads what was asked. What is not known is refused or said, never taken for «everything».
"""

from unwound.exchange.fhir.searching.parameters import Parameter, of, parameter, shall, types
from unwound.exchange.fhir.searching.query import Asked, Condition, SearchError, read, references

__all__ = [
    "Asked",
    "Condition",
    "Parameter",
    "SearchError",
    "of",
    "parameter",
    "read",
    "references",
    "shall",
    "types",
]
