"""A person's calendar elsewhere: the secret link by which it reads the appointments."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import User


class Feed(models.Model):
    """The link by which somebody's own calendar reads appointments. Only the hash of its token is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="feeds")
    token_hash = models.CharField(max_length=64, unique=True)
    only_mine = models.BooleanField(default=False)
    """Whether it holds the sessions that this person supervises, and no other."""
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """One works at a time."""

        constraints = (
            models.UniqueConstraint(fields=["user"], condition=models.Q(revoked_at=None), name="one_feed_a_person"),
        )

    def __str__(self) -> str:
        return f"calendar of {self.user}"
