"""The one door for writing: every change of the record is a function here.

Each takes `by=`, checks the permission, happens whole or not at all, and leaves an event in the audit chain; a test
walks through all of them and proves it. One file a subject:

    people      accounts, sites, emergency access
    patients    registering, inviting, seen
    record      facts, trials, answers, medicines: entered and amended
"""
