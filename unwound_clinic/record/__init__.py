"""The patient's record: facts, treatments tried, answers, medicines; entered once, amended, never overwritten.

`entries.py` and `translate.py` turn rows into the library's records and back; `review.py` asks the library what they
mean; `urgent.py` finds what cannot wait. An outside record is read by `importing.py`, told from somebody else's by
`whose_record.py`, put beside the record here by `comparing.py`, shown by `import_preview.py` before anything is kept,
and undone by `undoing.py`. Imports `core` and the library. Begin with `translate.py`, then `pages/`.
"""
