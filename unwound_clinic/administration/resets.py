"""Who may reset an account: one administrator of all its sites, or two who administer them all together."""

from __future__ import annotations

from unwound_clinic.core import access
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import User


def outside(by: Staff, user: User) -> set[int]:
    """The sites of a user that somebody does not administer."""
    return set(user.memberships.values_list("site", flat=True)) - set(by.sites_where("manage-people"))


def check_together(by: Staff, user: User, second: Confirmed | None) -> None:
    """Conflict unless one administrator, or two different ones together, administer every site of the user."""
    left = outside(by, user)
    if not left:
        return
    if second is None:
        raise Conflict(
            f"{user.name} also has a role at a site that you do not administer: an administrator of that site has to "
            "be here and enter their own password"
        )
    if second.user in (by.user, user):
        raise Conflict("the second administrator has to be somebody else")
    if left & outside(access.staff(second.user), user):
        raise Conflict(f"{second.user.name} does not administer every other site of {user.name}")
