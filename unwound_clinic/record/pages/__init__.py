"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.record.pages import assessment, consultation, importing, ledger, pains, referrals

urls = [*importing.urls, *consultation.urls, *ledger.urls, *assessment.urls, *pains.urls, *referrals.urls]
