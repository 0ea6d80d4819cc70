"""Letters: `generated` says what the record says, `pdf` sets a letter's content as a tagged PDF.

The content is data from beginning to end: it reaches the typesetter as JSON and is never put into its source, so that
nothing written in the record or a letter can be read as markup.
"""

from unwound_clinic.letters.content import TITLES, about, codes_of, generated, letter
from unwound_clinic.letters.setting import pdf

__all__ = ["TITLES", "about", "codes_of", "generated", "letter", "pdf"]
