"""The first form, filled by the patient: the link it comes by, its pages, what is answered and what is not.

links      looking a link up, whether it still works
own        what the patient has said so far
parts      the parts a page is made of: questions, stories, the body map, a questionnaire, contacts
rows       the repeatable parts: treatments tried, medicines, allergies
form       one page as a Django form
progress   how far the patient is, page by page
"""
