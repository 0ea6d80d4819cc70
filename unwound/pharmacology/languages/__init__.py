"""A model in the language of another program: for NONMEM, rxode2 (nlmixr2), mrgsolve, Stan and SBML.

expressions   arithmetic as a tree, and the two ways of writing it down: as a line, and as MathML
equations     the equations of a model as such trees: parameters, flows, what is measured, where doses go
nonmem, rxode2, mrgsolve, stan, sbml   one file a language: `text(id, model, remarks)`

Every text comes from the model's own file, so that it can never say another number than the simulation. Begin at
`written`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from unwound.pharmacology import models
from unwound.pharmacology.languages import mrgsolve, nonmem, rxode2, sbml, stan
from unwound.pharmacology.models import Model
from unwound.record import UnwoundError
from unwound.terms import ModelLanguage

LANGUAGES: Mapping[ModelLanguage, Callable[[str, Model, Sequence[str]], str]] = {
    ModelLanguage.RXODE2: rxode2.text,
    ModelLanguage.MRGSOLVE: mrgsolve.text,
    ModelLanguage.NONMEM: nonmem.text,
    ModelLanguage.SBML: sbml.text,
    ModelLanguage.STAN: stan.text,
}


def written(id: str, language: str, age_years: float | None = None) -> str:
    """The model `id` in another program's language: hours, mg, kg, litres, ng/mL. UnwoundError for an unknown one.

    Where its paper has an effect of age, it is written for a person of `age_years`, and says so; without one it says
    whom it is not of.
    """
    try:
        text = LANGUAGES[ModelLanguage(language)]
    except ValueError:
        raise UnwoundError(f"no model can be written as «{language}»: {', '.join(LANGUAGES)} are there") from None
    return text(id, models.at_age(models.model(id), age_years), models.of_age({id: models.model(id)}, age_years))
