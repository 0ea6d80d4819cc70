"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.treatment.pages import bills, companions, consent, decision, drawn, plan, signing, target

urls = [
    *decision.urls, *consent.urls, *companions.urls, *bills.urls, *signing.urls, *plan.urls, *target.urls, *drawn.urls,
]  # fmt: skip
