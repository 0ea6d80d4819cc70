"""Each event of the OMOP CDM as the FHIR resource that says the same, in SQL; nulls fall out afterwards.

Of what an ETL may have made up nothing is read: an end inferred for a medicine, a birthday put in for a year. Columns
and their meaning: OHDSI CommonDataModel, inst/csv/OMOP_CDMv5.4_Field_Level.csv, and 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping

SYSTEMS: Mapping[str, str] = {
    "SNOMED": "http://snomed.info/sct",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10GM": "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    # The bare address of ICD-10 is read as the American edition: here it is known that it is not.
    "ICD10": "urn:omop:icd-10-who",
    "LOINC": "http://loinc.org",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ATC": "http://www.whocc.no/atc",
    "UCUM": "http://unitsofmeasure.org",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "dm+d": "https://dmd.nhs.uk",
}
"""Vocabulary -> the address of its system in FHIR."""


def _codings(*names: str) -> str:
    """A list of codings of these joined concepts; those that are not there fall out."""
    each = ", ".join(
        f"CASE WHEN {name}.code IS NOT NULL THEN json_object('system', {name}.system, 'code', {name}.code, "
        f"'display', {name}.name) END"
        for name in names
    )
    return f"to_json([one FOR one IN [{each}] IF one IS NOT NULL])"


def _concept(source_value: str) -> str:
    """The standard concept and the source's, called as the first of them is, or as the source wrote it."""
    return f"json_object('coding', {_codings('c', 's')}, 'text', coalesce(c.name, s.name, e.{source_value}))"


def _number(column: str) -> str:
    return f"TRY_CAST(e.{column} AS DOUBLE)"


def _day(column: str) -> str:
    return f"coalesce(strftime(TRY_CAST(e.{column} AS DATE), '%Y-%m-%d'), left(e.{column}, 10))"


def _named(alias: str, column: str) -> str:
    return f"LEFT JOIN named {alias} ON {alias}.id = e.{column}"


_SUBJECT = "json_object('reference', 'Patient/' || e.person_id)"


def _id(column: str) -> str:
    """The row's own id and its place: tables made anonymous give one id to all rows, which are not versions of one."""
    return f"'{column.removesuffix('_id')}-' || coalesce(e.{column}, '') || '-' || row_number() OVER ()"


def _resource(type: str, id: str, *members: str) -> str:
    head = (f"'resourceType', '{type}'", f"'id', {_id(id)}", f"'subject', {_SUBJECT}")
    return f"json_object({', '.join((*head, *members))})"


def _select(type: str, line: str, table: str, **joined: str) -> str:
    joins = " ".join(_named(alias, column) for alias, column in joined.items())
    return f"SELECT e.person_id AS key, {type} AS type, {line} AS line FROM {table} e {joins}"


def _value(comparator: str) -> str:
    """A number with its unit, or a concept."""
    number = _number("value_as_number")
    quantity = (
        f"json_object('value', {number}, 'comparator', {comparator}, 'unit', coalesce(u.code, e.unit_source_value), "
        "'code', u.code, 'system', CASE WHEN u.code IS NOT NULL THEN u.system END)"
    )
    return (
        f"'valueQuantity', CASE WHEN {number} IS NOT NULL THEN {quantity} END, 'valueCodeableConcept', "
        f"CASE WHEN v.code IS NOT NULL AND {number} IS NULL THEN json_object('coding', {_codings('v')}) END"
    )


# ---- people


_BORN = """
  CASE WHEN TRY_CAST(e.year_of_birth AS INTEGER) IS NULL THEN NULL ELSE
    printf('%04d', TRY_CAST(e.year_of_birth AS INTEGER)) || CASE
      WHEN TRY_CAST(e.month_of_birth AS INTEGER) IS NULL THEN ''
      ELSE printf('-%02d', TRY_CAST(e.month_of_birth AS INTEGER)) || CASE
        WHEN TRY_CAST(e.day_of_birth AS INTEGER) IS NULL THEN ''
        ELSE printf('-%02d', TRY_CAST(e.day_of_birth AS INTEGER)) END END END
"""
_PERSON = f"""
  SELECT e.person_id AS key, 'Patient' AS type, json_object('resourceType', 'Patient', 'id', e.person_id,
    'gender', CASE e.gender_concept_id WHEN '8507' THEN 'male' WHEN '8532' THEN 'female' ELSE 'unknown' END,
    'birthDate', {_BORN}, 'deceasedDateTime', d.died) AS line
  FROM person e LEFT JOIN (
    SELECT person_id, strftime(min(TRY_CAST(death_date AS DATE)), '%Y-%m-%d') AS died FROM death GROUP BY 1
  ) d ON d.person_id = e.person_id
"""

# ---- diagnoses


# A visit's diagnosis ends with the visit: only an end in a list of problems, or with a reason, is that of an illness.
_ENDED = f"""
  CASE WHEN e.stop_reason IS NOT NULL OR e.condition_type_concept_id = '32840' OR lower(t.name) LIKE '%problem list%'
    THEN {_day("condition_end_date")} END
"""
_CERTAINTY = """
  CASE WHEN lower(st.name) LIKE 'preliminary%' THEN json_object('text', 'provisional')
       WHEN lower(st.name) LIKE 'differential%' THEN json_object('text', 'differential')
       WHEN lower(st.name) SIMILAR TO '(ruled out|excluded).*' THEN json_object('text', 'refuted') END
"""
_CONDITION = _select(
    "'Condition'",
    _resource(
        "Condition",
        "condition_occurrence_id",
        f"'code', {_concept('condition_source_value')}",
        f"'onsetDateTime', {_day('condition_start_date')}",
        f"'abatementDateTime', {_ENDED}",
        "'clinicalStatus', CASE WHEN lower(st.name) LIKE 'resolved%' THEN json_object('text', 'resolved') END",
        f"'verificationStatus', {_CERTAINTY}",
    ),
    "condition_occurrence",
    c="condition_concept_id",
    s="condition_source_concept_id",
    t="condition_type_concept_id",
    st="condition_status_concept_id",
)

# ---- medicines


_KIND = """
  CASE WHEN e.drug_type_concept_id IN ('32825', '32869', '38000175', '38000176')
         OR lower(t.name) SIMILAR TO '.*(dispens|pharmacy claim).*' THEN 'MedicationDispense'
       WHEN e.drug_type_concept_id IN ('32838', '38000177') OR lower(t.name) SIMILAR TO '.*(prescription|order).*'
         THEN 'MedicationRequest'
       WHEN e.drug_type_concept_id IN ('32818', '38000180') OR lower(t.name) LIKE '%administration%'
         THEN 'MedicationAdministration'
       ELSE 'MedicationStatement' END
"""
_DIRECTIONS = f"""
  CASE WHEN e.sig IS NOT NULL OR r.name IS NOT NULL THEN json_array(json_object('text', e.sig,
    'route', CASE WHEN r.name IS NOT NULL THEN json_object('coding', {_codings("r")}, 'text', r.name) END)) END
"""
_STATUS = f"""
  CASE WHEN e.stop_reason IS NOT NULL THEN 'stopped'
       WHEN {_KIND} = 'MedicationStatement' AND e.verbatim_end_date IS NULL THEN 'unknown' ELSE 'completed' END
"""
# The name holds the strength as a rule; where it holds no number, that of the only ingredient is put behind it.
_NAME = """
  coalesce(c.name, s.name, e.drug_source_value)
    || CASE WHEN ds.amount IS NOT NULL AND NOT regexp_matches(c.name, '[0-9]') THEN ds.amount ELSE '' END
"""
_STRENGTH = """
  SELECT drug_concept_id, ' ' || any_value(TRY_CAST(amount_value AS DOUBLE)) || ' ' || any_value(unit.code) AS amount
  FROM drug_strength LEFT JOIN named unit ON unit.id = amount_unit_concept_id
  WHERE drug_concept_id IN (SELECT drug_concept_id FROM drug_exposure)
  GROUP BY drug_concept_id HAVING count(*) = 1 AND any_value(numerator_value) IS NULL
"""
_TAKEN = f"""
  SELECT e.person_id AS key, {_KIND} AS type, {_day("drug_exposure_start_date")} AS start,
    {_day("verbatim_end_date")} AS ended, TRY_CAST(e.refills AS INTEGER) AS refills, {_DIRECTIONS} AS directions,
    CASE WHEN {_number("quantity")} > 0 THEN json_object('value', {_number("quantity")}) END AS amount,
    CASE WHEN {_number("days_supply")} > 0
      THEN json_object('value', {_number("days_supply")}, 'unit', 'days', 'code', 'd') END AS supply,
    json_object('resourceType', {_KIND}, 'id', {_id("drug_exposure_id")}, 'subject', {_SUBJECT},
      'status', {_STATUS},
      'statusReason', CASE WHEN e.stop_reason IS NOT NULL THEN json_array(json_object('text', e.stop_reason)) END,
      'medicationCodeableConcept', json_object('coding', {_codings("c", "s")}, 'text', {_NAME})) AS base
  FROM drug_exposure e {_named("c", "drug_concept_id")} {_named("s", "drug_source_concept_id")}
  {_named("t", "drug_type_concept_id")} {_named("r", "route_concept_id")}
  LEFT JOIN ({_STRENGTH}) ds ON ds.drug_concept_id = e.drug_concept_id
"""
_DRUG = f"""
  SELECT key, type, json_merge_patch(base, CASE type
    WHEN 'MedicationDispense' THEN json_object('whenHandedOver', start, 'quantity', amount, 'daysSupply', supply,
      'dosageInstruction', directions)
    WHEN 'MedicationRequest' THEN json_object('intent', 'order', 'authoredOn', start, 'dosageInstruction', directions,
      'dispenseRequest', json_object('quantity', amount, 'expectedSupplyDuration', supply,
        'numberOfRepeatsAllowed', refills,
        'validityPeriod', CASE WHEN ended IS NOT NULL THEN json_object('start', start, 'end', ended) END))
    WHEN 'MedicationAdministration' THEN json_object('effectiveDateTime', start)
    ELSE json_object('effectivePeriod', json_object('start', start, 'end', ended), 'dosage', directions) END) AS line
  FROM ({_TAKEN})
"""

# ---- what was measured, observed, done


_RANGE = f"""
  CASE WHEN {_number("range_high")} > 0 THEN json_array(json_object(
    'low', CASE WHEN {_number("range_low")} IS NOT NULL THEN json_object('value', {_number("range_low")}) END,
    'high', json_object('value', {_number("range_high")}))) END
"""
_MEASUREMENT = _select(
    "'Observation'",
    _resource(
        "Observation",
        "measurement_id",
        "'status', 'final'",
        f"'code', {_concept('measurement_source_value')}",
        f"'effectiveDateTime', {_day('measurement_date')}",
        _value("CASE WHEN o.name IN ('<', '<=', '>', '>=') THEN o.name END"),
        f"'referenceRange', {_RANGE}",
    ),
    "measurement",
    c="measurement_concept_id",
    s="measurement_source_concept_id",
    v="value_as_concept_id",
    u="unit_concept_id",
    o="operator_concept_id",
)
_ALLERGIC = "coalesce(lower(c.name) SIMILAR TO '(allergy to|drug allergy|allergic to).*', false)"
_ALLERGY = _resource(
    "AllergyIntolerance",
    "observation_id",
    f"'patient', {_SUBJECT}",
    f"'code', json_object('coding', CASE WHEN v.code IS NOT NULL THEN {_codings('v')} ELSE {_codings('c')} END, "
    "'text', coalesce(v.name, e.value_as_string, c.name))",
    f"'recordedDate', {_day('observation_date')}",
)
_OBSERVED = _resource(
    "Observation",
    "observation_id",
    "'status', 'final'",
    f"'code', {_concept('observation_source_value')}",
    f"'effectiveDateTime', {_day('observation_date')}",
    _value("NULL"),
    f"'valueString', CASE WHEN v.code IS NULL AND {_number('value_as_number')} IS NULL THEN e.value_as_string END",
)
_OBSERVATION = _select(
    f"CASE WHEN {_ALLERGIC} THEN 'AllergyIntolerance' ELSE 'Observation' END",
    f"CASE WHEN {_ALLERGIC} THEN {_ALLERGY} ELSE {_OBSERVED} END",
    "observation",
    c="observation_concept_id",
    s="observation_source_concept_id",
    v="value_as_concept_id",
    u="unit_concept_id",
)
_PROCEDURE = _select(
    "'Procedure'",
    _resource(
        "Procedure",
        "procedure_occurrence_id",
        "'status', 'completed'",
        f"'code', {_concept('procedure_source_value')}",
        f"'performedDateTime', {_day('procedure_date')}",
    ),
    "procedure_occurrence",
    c="procedure_concept_id",
    s="procedure_source_concept_id",
)
RESOURCES: Mapping[str, str] = {
    "person": _PERSON,
    "condition_occurrence": _CONDITION,
    "drug_exposure": _DRUG,
    "measurement": _MEASUREMENT,
    "observation": _OBSERVATION,
    "procedure_occurrence": _PROCEDURE,
}
"""Table -> the query that makes its rows resources: whose (`key`), `type` and `line`."""
