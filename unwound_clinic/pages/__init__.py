"""What people see: one file a subject. Pages read, and hand every write to `actions`."""
