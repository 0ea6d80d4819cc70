"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.intake.pages import answers, first_form

urls = [*first_form.urls, *answers.urls]
