"""A form whose texts may be shipped: Questionnaire of FHIR R4, as SDC asks for it."""

from __future__ import annotations

from unwound.exchange.fhir.writing.forms import QUESTIONNAIRE, TOTAL
from unwound.exchange.fhir.writing.words import LOINC, Resource, present, profile
from unwound.instruments import Instrument, Item, instruments


def questionnaires() -> list[Resource]:
    """Those under a green licence, by id; of the others the total is taken and the texts are their owners'."""
    return [
        questionnaire(id, form) for id, form in instruments().items() if form.licence.verdict == "green" and form.items
    ]


def questionnaire(id: str, form: Instrument) -> Resource:
    """One form. Its questions have the numbers that an answered form of ours has, and answers are numbers."""
    panel = form.loinc.panel if form.loinc else ""
    total = form.loinc.total if form.loinc else ""
    items = [_item(number, item, form) for number, item in enumerate(form.items, 1)]
    return {
        "resourceType": "Questionnaire",
        "id": id.replace("_", "-"),
        "meta": {"profile": [profile("questionnaire")]},
        **present(
            {
                "url": f"{QUESTIONNAIRE}{id}",
                "name": id.upper(),
                "title": form.full_name,
                "status": "active" if form.status == "reviewed" else "draft",
                "subjectType": ["Patient"],
                "date": form.updated.isoformat(),
                "copyright": form.licence.attribution,
                "code": [{"system": LOINC, "code": panel}] if panel else [],
                "item": [
                    *([{"linkId": "prompt", "text": form.prompt, "type": "display"}] if form.prompt else []),
                    *items,
                    present(
                        {
                            "linkId": TOTAL,
                            "code": [{"system": LOINC, "code": total}] if total else [],
                            "text": "total",
                            "type": "decimal",
                            "readOnly": True,
                        }
                    ),
                ],
            }
        ),
    }


def _item(number: int, item: Item, form: Instrument) -> Resource:
    """A question; what its numbers mean stands in the text, as the answer is the number itself."""
    ends = (
        form.item_lowest.value if form.item_lowest else None,
        form.item_highest.value if form.item_highest else None,
    )
    meanings = [f"{option.value:g}: {option.text}" for option in form.options]
    if item.low_end:
        meanings = [f"{ends[0]:g}: {item.low_end}", f"{ends[1]:g}: {item.high_end}"]
    within = [
        {"url": f"http://hl7.org/fhir/StructureDefinition/{name}", "valueDecimal": value}
        for name, value in zip(("minValue", "maxValue"), ends, strict=True)
        if value is not None
    ]
    return present(
        {
            "extension": within,
            "linkId": str(number),
            "code": [{"system": LOINC, "code": item.loinc}] if item.loinc else [],
            "text": f"{item.text} ({'; '.join(meanings)})" if meanings else item.text,
            "type": "decimal",
        }
    )
