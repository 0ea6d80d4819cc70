"""The patient's record: facts, treatments tried, answers, medicines; entered once, amended, never overwritten.

`entries.py` and `translate.py` turn rows into the library's records and back; `review.py` asks the library what they
mean; `urgent.py` finds what cannot wait. Imports `core` and the library. Begin with `translate.py`, then `pages/`.
"""
