"""Words of the house: no password is made of them, for they are the first that a stranger tries.

ASVS 6.1.2, 6.2.11. A long sentence may hold one: what counts is what is left of a password without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from unwound_clinic.models import Role, Site
from unwound_clinic.models.people import ANAESTHESIA_TITLES

PRODUCT = (
    "unwound", "ketamine", "esketamine", "neuropathic", "neuropathy", "infusion", "session", "clinic", "hospital",
    "practice", "centre", "center", "patient", "doctor", "admin", "staff", "pain", "password", "passwort",
    "passphrase", "login", "secret", "welcome", "letmein", "changeme",
)  # fmt: skip
"""What this program and any clinic is about; the guide lists the same."""
SHORTEST = 4
"""Letters of a word in the name of a site below which it stands for nothing: «of», «the»."""
LEFT = 8
"""Letters and digits that have to be left."""
STANDS_FOR = {"o": "0", "i": "1!|", "l": "1|", "e": "3", "a": "4@", "s": "5$", "t": "7"}
"""Signs that stand for a letter in a word that was made «harder»."""
SENTENCE = (
    "This is little more than words that anybody here would try first (the name of the clinic, of a role, of this "
    "program): take a sentence of your own."
)


def words(sites: Iterable[str]) -> set[str]:
    """The words, in small letters: of the program, of the roles, of the names of sites."""
    titles = " ".join([*Role.values, *Role.labels, *ANAESTHESIA_TITLES.values(), *sites])
    return {*PRODUCT, *(word for word in re.findall(r"[^\W\d_]+", titles.casefold()) if len(word) >= SHORTEST)}


def left_of(password: str, sites: Iterable[str]) -> str:
    """What is left of a password without the words, without capitals and without signs."""
    text = password.casefold()
    for word in sorted(words(sites), key=len, reverse=True):
        text = re.sub(_however_written(word), "", text)
    return _letters_and_digits(text)


def check(password: str, sites: Iterable[str]) -> None:
    """ValidationError where nearly nothing, only a number, or a common password is left beside words of the house."""
    if settings.DEMO:  # whose passwords are public
        return
    left = left_of(password, sites)
    if left == _letters_and_digits(password.casefold()):
        return
    if len(left) < LEFT or left.isdigit() or _is_common(left):
        raise ValidationError(SENTENCE, code="house_words")


class HouseWords:
    """A validator of passwords, as the framework calls it."""

    def validate(self, password: str, user: object = None) -> None:
        """Held against the names of all sites, whoever asks."""
        check(password, Site.objects.values_list("name", flat=True))

    def get_help_text(self) -> str:
        """What the page of a new password says."""
        return "Your password can't be little more than the name of the clinic, of a role or of this program."


def _letters_and_digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def _however_written(word: str) -> str:
    """A pattern for the word, also where signs stand for its letters or between them."""
    return r"[\W_]*".join(f"[{re.escape(letter + STANDS_FOR.get(letter, ''))}]" for letter in word)


def _is_common(left: str) -> bool:
    try:
        CommonPasswordValidator().validate(left)
    except ValidationError:
        return True
    return False
