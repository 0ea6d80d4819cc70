"""Every change of the record: entries, urgent alarms, who a patient is."""
