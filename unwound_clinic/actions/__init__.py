"""The one door for writing: every change of the record is a function here.

Each takes `by=`, checks the permission, happens whole or not at all, and leaves an event in the audit chain; a test
walks through all of them and proves it. One file a subject:

    people      accounts, sites, emergency access
    patients    registering, inviting, seen
    record      facts, trials, answers, medicines: entered and amended
    intake      the first form, by the patient: opened, answered, sent
    answers     a questionnaire filled or amended by the clinic
    alarms      what has to be looked at now, raised with the answer it comes from
    consents    a text laid before the patient, ticked, signed, withdrawn
    plans       ordered, checked by a second person, changed
    letters     drafted and written
"""
