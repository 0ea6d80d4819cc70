"""Unwound: the library. Facts in, findings out: pure functions, frozen records, nothing hidden.

    examples.load("crps_after_wrist_fracture").patient    an invented patient, to try all this on
    exchange.case_file.read_case(text, name).patient      a patient, from a readable case
    exchange.fhir.read_bundle(data, name, as_of=day)      or from a FHIR R4 bundle, with what could not be read

    pathway.review(patient)                               how sure, what was tried, is ketamine an option, what first
    protocols.plan(protocol, patient, ...)                what goes on the pump, or why there is no plan
    pharmacology.target.plan(corridor, ...)               rates for a corridor of concentrations; drives no pump
    protocols.compare(patient)                            relief over twelve weeks against hours, course by course
    pharmacology.simulate(doses, subjects, model, hours)  concentrations over time, solved exactly
    pharmacology.effects.relief(curve)                    and the relief that goes with them
    mechanism.windup(ketamine_um=...)                     wind-up of a model cell, and what blocks it
    session.watch(limits, readings, events, now)          how an infusion is going
    sensitivity.vary(function, inputs, ...)               which input a result rests on, one alone and all at once
    evidence.cite(anything)                               the sources that any result rests on
    plots.save(chart, path)                               a picture of it
    use_knowledge(folder)                                 first of all: your own files of knowledge over ours

What is wrong and can be mended is a `record.UnwoundError` that says what, where and what to do. READ FIRST: pathway.py.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unwound.catalogue import use_knowledge

__version__ = "0.1.0"
__all__ = [
    "cautions",
    "conditions",
    "evidence",
    "examples",
    "exchange",
    "facts",
    "instruments",
    "mechanism",
    "outcomes",
    "pathway",
    "patient",
    "pharmacology",
    "plots",
    "protocols",
    "record",
    "report",
    "sensitivity",
    "session",
    "therapies",
    "use_knowledge",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The module of that name, loaded when it is first asked for: `import unwound` alone takes no time."""
        if name not in __all__:
            raise AttributeError(f"module «unwound» has no «{name}»; it has {', '.join(__all__)}")
        from importlib import import_module

        if name == "use_knowledge":
            return import_module("unwound.catalogue").use_knowledge
        return import_module(f"unwound.{name}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
