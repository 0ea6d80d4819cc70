"""Letters to other clinicians and to payers: generated from the record, edited, kept as a PDF.

`content.py` and `parts.py` make the content of a letter, `setting.py` typesets it with typst. Imports `treatment`,
`record` and `core`. Begin with `content.py`.
"""

from unwound_clinic.letters.content import TITLES, about, codes_of, for_the_patient, generated, letter
from unwound_clinic.letters.setting import pdf

__all__ = ["TITLES", "about", "codes_of", "for_the_patient", "generated", "letter", "pdf"]
