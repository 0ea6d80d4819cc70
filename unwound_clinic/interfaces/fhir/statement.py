"""The CapabilityStatement, made from the tables by which requests are answered: it cannot say more than what runs."""

from __future__ import annotations

from datetime import date
from typing import Any

from unwound import __version__
from unwound.exchange.fhir import searching
from unwound_clinic.interfaces.fhir import keys, scopes, searches

Resource = dict[str, Any]
MADE = date(2026, 12, 1)
"""When what is stated last changed by hand."""
BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def statement(base: str) -> Resource:
    """What this server does, at this address."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": MADE.isoformat(),
        "kind": "instance",
        "software": {"name": "Unwound", "version": __version__},
        "implementation": {"description": "A clinic's records, made when they are asked for", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": True,
                    "service": [
                        {"coding": [{"system": SMART, "code": "SMART-on-FHIR"}], "text": "SMART backend services"}
                    ],
                    "extension": [
                        {
                            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                            "extension": [{"url": "token", "valueUri": f"{base}/auth/token"}],
                        }
                    ],
                    "description": "A token for scopes of version 2, with their query part.",
                },
                "resource": [
                    *(_resource(type) for type in searching.types()),
                    *(_created(type) for type in scopes.CREATED),
                ],
                "operation": [{"name": "export", "definition": f"{BULK}/export"}],
            }
        ],
    }


def _resource(type: str) -> Resource:
    parameters = [
        {"name": parameter.name, "type": parameter.kind, **_definition(type, parameter.name)}
        for parameter in searching.of(type).values()
    ]
    references = [
        f"{type}:{parameter.name}" for parameter in searching.of(type).values() if parameter.kind == "reference"
    ]
    about = type not in searches.OPEN
    combined = [_combination(names) for names in searching.shall(type) if "+" in names]
    stated: Resource = {
        "type": type,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "searchParam": parameters,
    }
    if combined:
        stated = {"extension": combined, **stated}
    if references:
        stated["searchInclude"] = references
    if about and type != "AuditEvent":
        stated["searchRevInclude"] = list(searches.REVINCLUDES)
    return stated


def _created(type: str) -> Resource:
    return {
        "type": type,
        "interaction": [{"code": "create"}],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "documentation": (
            "Kept as a referral that waits until a named person registers the patient, adds it to a record or "
            "declines; nothing of it enters a record by itself, and it is not read back. The same content is kept once."
        ),
    }


def _definition(type: str, name: str) -> Resource:
    if name.startswith("_"):
        return {"definition": f"http://hl7.org/fhir/SearchParameter/Resource-{name[1:]}"} if name == "_id" else {}
    return {}


def _combination(names: str) -> Resource:
    return {
        "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination",
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation", "valueCode": "SHALL"},
            *({"url": "required", "valueString": name} for name in names.split("+")),
        ],
    }


def smart(base: str) -> Resource:
    """What SMART clients ask for first."""
    return {
        "token_endpoint": f"{base}/auth/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(keys.ALGORITHMS),
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": [
            "system/*.rs",
            *(f"system/{type}.rs" for type in searching.types()),
            *(f"system/{type}.c" for type in scopes.CREATED),
        ],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
