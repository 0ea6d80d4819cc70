"""Which record each kind of knowledge is read as."""

from __future__ import annotations

from importlib import import_module

from unwound.catalogue import Head, KnowledgeError

KINDS: dict[str, str] = {
    "antidepressants": "unwound.mood:Group",
    "cautions": "unwound.cautions:Caution",
    "ceilings": "unwound.protocols.knowledge:Ceilings",
    "codes": "unwound.diagnoses:DiagnosisCodes",
    "conditions": "unwound.conditions.knowledge:Condition",
    "consent": "unwound.consents:ConsentText",
    "contradictions": "unwound.contradictions:Contradiction",
    "criteria": "unwound.conditions.knowledge:CriteriaSet",
    "device_codes": "unwound.exchange.device_codes:Kind",
    "directions": "unwound.exchange.fhir.words:Language",
    "drugs": "unwound.drugs:Group",
    "effects": "unwound.pharmacology.effects:Effect",
    "emergencies": "unwound.finder.red_flags:Emergency",
    "evidence": "unwound.evidence:Study",
    "facts": "unwound.facts:Vocabulary",
    "frequencies": "unwound.reading.knowledge:Comparison",
    "instruments": "unwound.instruments:Instrument",
    "intake": "unwound.intake:Step",
    "letters": "unwound.letter_texts:LetterText",
    "mechanisms": "unwound.mechanism.knowledge:Mechanism",
    "lay_conditions": "unwound.reading.knowledge:LayCondition",
    "lay_words": "unwound.reading.knowledge:LayWords",
    "live_pictures": "unwound.reading.live:LivePicture",
    "models": "unwound.pharmacology.models:Model",
    "observations": "unwound.pharmacology.observations:Observations",
    "opinions": "unwound.conditions.knowledge:Opinion",
    "pick_lists": "unwound.session.pick_lists:PickList",
    "plain_words": "unwound.candidacy.plain:PlainWords",
    "protocols": "unwound.protocols.knowledge:Protocol",
    "question_pages": "unwound.reading.knowledge:QuestionPage",
    "refractory": "unwound.therapies.refractory:Rule",
    "screens": "unwound.screens:Screen",
    "session_gates": "unwound.session.gates:Gate",
    "settings": "unwound.protocols.knowledge:Setting",
    "therapies": "unwound.therapies.knowledge:Therapy",
    "therapy_classes": "unwound.therapies.knowledge:TherapyClass",
    "translations": "unwound.languages:Translation",
    "vital_signs": "unwound.session.signs:VitalSign",
}
RULES: dict[str, str] = {
    "alarm_words": "unwound.exchange.alarm_words:AlarmWords",
    "body_weights": "unwound.protocols.weights:Formulas",
    "candidacy": "unwound.candidacy.gates:Requirements",
    "cds": "unwound.cds.card:Rule",
    "charted_doses": "unwound.session.charted_doses:ChartedDoses",
    "cockcroft_gault": "unwound.derive:CockcroftGault",
    "depression": "unwound.depression:Knowledge",
    "dose_modifiers": "unwound.protocols.modifiers:Modifiers",
    "device_words": "unwound.exchange.device_words:Words",
    "event_columns": "unwound.exchange.event_table.columns:Columns",
    "fhir": "unwound.exchange.fhir.tables:Tables",
    "fhir_elements": "unwound.exchange.fhir.elements:Elements",
    "fhir_forms": "unwound.exchange.fhir.form_tables:FormTables",
    "fhir_search": "unwound.exchange.fhir.searching.parameters:Search",
    "fhir_written": "unwound.exchange.fhir.writing.kinds:Written",
    "finder": "unwound.finder.knowledge:Finder",
    "finder_es": "unwound.finder.other_languages:OtherLanguage",
    "fitting_doses": "unwound.therapies.knowledge:FittingDoses",
    "follow_up": "unwound.follow_up:Rule",
    "general_ladder": "unwound.therapies.knowledge:GeneralLadder",
    "intake_time": "unwound.intake:Pace",
    "impossible_dose": "unwound.therapies.written_doses:ImpossibleDose",
    "landmarks": "unwound.pharmacology.landmarks:Landmarks",
    "known_treatments": "unwound.therapies.knowledge:KnownTreatments",
    "medicine_codes": "unwound.drugs:MedicineCodes",
    "model_checks": "unwound.pharmacology.validation:Criterion",
    "monitoring": "unwound.session.limits:Monitoring",
    "morphine_equivalents": "unwound.opioids:Factors",
    "names_alike": "unwound.unread:NamesAlike",
    "nothing_known": "unwound.exchange.fhir.absent:Ways",
    "ohio_step_therapy": "unwound.therapies.refractory:PayerRule",
    "pump": "unwound.protocols.pump:Pump",
    "outcomes": "unwound.outcomes.knowledge:Thresholds",
    "places": "unwound.places:Anatomy",
    "pump_words": "unwound.exchange.pump_words:PumpWords",
    "registry": "unwound.registry.knowledge:Registry",
    "relief_forecast": "unwound.outcomes.knowledge:ReliefPriors",
    "retreatment": "unwound.outcomes.knowledge:Retreatment",
    "routes": "unwound.routes:Routes",
    "table_words": "unwound.exchange.table_words:TableWords",
    "published_outcomes": "unwound.outcomes.knowledge:Publishing",
    "self_check": "unwound.self_check:Knowledge",
    "public_words": "unwound.reading.knowledge:PublicWords",
    "purposes": "unwound.therapies.purposes:Purposes",
    "racemate": "unwound.pharmacology.effects:Racemate",
    "question_order": "unwound.questions:Order",
    "telephone_numbers": "unwound.telephones:Numbers",
    "treatable_causes": "unwound.therapies.causes:TreatableCauses",
    "treatment_resistance": "unwound.mood:Resistance",
}
"""Every file of `data/rules/` is of a kind of its own."""


def record_of(kind: str, id: str) -> type[Head]:
    """The record that a file is read as. KnowledgeError for a kind, or a rule, that nothing reads."""
    where = RULES.get(id) if kind == "rules" else KINDS.get(kind)
    if where is None:
        raise KnowledgeError(f"{kind}/{id}.toml: nothing reads such a file")
    module, _, model = where.partition(":")
    record: type[Head] = getattr(import_module(module), model)
    return record
