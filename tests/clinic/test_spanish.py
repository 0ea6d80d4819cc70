"""In their language: chosen on the first page, kept behind the link; what counts never stands alone while unsigned."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import spoken_texts
from asked import agreed, set_up
from coordinated import COURSE, decided
from django.core import mail
from django.http import QueryDict
from django.test import Client
from small_clinic import PASSWORD, House

from unwound import candidacy, catalogue, conditions, consents, intake, languages, reading, therapies, translations
from unwound.reading import condition_pages
from unwound_clinic.core.dates import read
from unwound_clinic.follow_up import links, messages
from unwound_clinic.follow_up import run as follow_up_run
from unwound_clinic.letters.content import READ_IN
from unwound_clinic.letters.forms import first_values, in_its_language
from unwound_clinic.models import Alarm, AuditEvent, Consent, ConsentOffer, IntakeLink, Letter
from unwound_clinic.public import shown
from unwound_clinic.record.actions import patients
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.pages.consent import text_for

BORN = "5 de mayo de 1980"
MARK = "traducción aún no firmada por una persona"
UNSIGNED = "no person has signed the translation yet"


def sign_translation(house: House, place: str) -> None:
    id = f"es_{place}"
    form = {"licence": "GMC 0000000", "due": "2099-01-01", "password": PASSWORD}
    form["digest"] = catalogue.digest("translations", id)
    assert house.client("physician").post(f"/reviews/translations/{id}/", form).status_code == 302


def text_of(answer: Any) -> str:
    """What is read on a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.fixture
def door(house: House) -> str:
    """The address of a patient's link."""
    return f"/i/{patients.invite(by=house.by('nurse'), patient=house.patient)[1]}/"


@pytest.fixture
def phone(door: str) -> Client:
    """A browser in which Spanish was chosen and the form was opened."""
    client = Client()
    assert client.post(door, {"language": "es"}).status_code == 302
    assert client.post(door, {"birth_date": BORN}).status_code == 302
    return client


@pytest.mark.one_database
def test_every_text_of_a_patients_page_has_its_spanish_and_no_spanish_is_left_over() -> None:
    texts = spoken_texts.everything()
    assert not {text for text in texts if text not in languages.texts("es")}
    assert not translations.unused("es", dict.fromkeys(texts))


@pytest.mark.one_database
def test_the_pictures_of_a_translated_page_and_their_tables_speak_its_language() -> None:
    drawn = [
        drawing.picture
        for id in translations.PAGES
        for section in reading.page("questions", id).sections
        for drawing in section.drawings
    ]
    assert drawn
    for picture in drawn:
        spanish, english = shown.drawn(picture, "es"), shown.drawn(picture)
        assert spanish["file"] == f"unwound/pictures/{picture}.es.svg"
        assert (shown.PICTURES.parents[1] / spanish["file"]).is_file()
        assert spanish["description"] != english["description"]
        numbers = [re.findall(r"\d+", cell) for row in spanish["rows"] for cell in row]
        assert numbers == [re.findall(r"\d+", cell) for row in english["rows"] for cell in row]
        svg = (shown.PICTURES / f"{picture}.es.svg").read_text(encoding="utf-8")
        words = {text for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg) if re.search("[a-z]", text)}
        assert words <= set(languages.texts("es").values())


def test_the_language_is_chosen_on_the_first_page_and_kept_behind_the_link(house: House, door: str) -> None:
    first = Client().get(door)
    assert 'lang="en"' in first.content.decode()
    assert "Español" in text_of(first)
    assert 'lang="es"' in Client(headers={"accept-language": "es-MX,en;q=0.5"}).get(door).content.decode()
    Client().post(door, {"language": "es"})
    again = Client().get(door)
    assert '<html lang="es">' in again.content.decode()
    assert MARK in text_of(again)
    assert IntakeLink.objects.get().language == "es"
    assert AuditEvent.objects.filter(action="intake.language").exists()
    assert "no es una fecha" in text_of(Client().post(door, {"birth_date": "ayer"}))
    assert "Puede intentarlo 4 veces más" in text_of(Client().post(door, {"birth_date": "6 mayo 1980"}))
    assert Client().post(door, {"language": "xx"}).status_code == 200
    assert IntakeLink.objects.get().language == "es"


def test_every_page_of_the_form_is_in_spanish_or_says_that_it_asks_in_english(phone: Client, door: str) -> None:
    english = {text for step in intake.steps().values() for text in translations.wanted("first_form") if len(text) > 12}
    for id, step in intake.steps().items():
        answer = phone.get(f"{door}{id}/")
        if answer.status_code == 302:
            continue  # concerns nobody who tried no ketamine
        shown = text_of(answer)
        assert languages.say(step.title, "es") in shown
        assert not {text for text in english if text in shown}
        assert ("Algunas preguntas de esta página están en inglés" in shown) == (
            bool(step.instrument) and step.instrument != "phq_9"
        )
    assert "Poco interés o placer en hacer cosas" in text_of(phone.get(f"{door}form_phq_9/"))
    assert "Tap a line" not in text_of(phone.get(f"{door}review/"))


def test_an_answer_in_spanish_is_the_same_fact_and_is_read_back_in_spanish(
    house: House, phone: Client, door: str
) -> None:
    sent = {"pain_duration_days-number": "4", "pain_duration_days-unit": "years", "next": "1"}
    assert phone.post(f"{door}your_pain/", sent).status_code == 302
    assert phone.post(f"{door}what_it_is_like/", {"pain_descriptors": ["burning"], "next": "1"}).status_code == 302
    shown = text_of(phone.get(f"{door}review/"))
    assert "4 años" in shown
    assert "quema, arde" in shown
    staff = text_of(house.client("physician").get(f"/patients/{house.patient.pk}/answers/"))
    assert "4 years" in staff
    assert "burning" in staff


def test_urgent_words_stand_beside_the_english_until_the_clinic_signs_them(
    house: House, phone: Client, door: str
) -> None:
    sent = {"item8": "2", "next": "1"}
    answer = phone.post(f"{door}form_phq_9/", sent, follow=True)
    assert "Nos contó que tiene pensamientos de muerte" in text_of(answer)
    assert UNSIGNED in text_of(answer)
    assert "You told us about thoughts of death" in text_of(answer)
    sign_translation(house, "urgent")
    again = text_of(phone.get(f"{door}review/"))
    assert "Nos contó que tiene pensamientos de muerte" in again
    assert "You told us about thoughts of death" not in again


def offered(house: House, **chosen: str) -> tuple[ConsentOffer, Client, str]:
    """A consent laid before the patient, opened on a screen in Spanish."""
    text = text_for(house.patient, {"protocol": COURSE, **chosen})
    offer, token = treatment_consents.offer(by=house.by("nurse"), patient=house.patient, here=True, **text)
    client, page = Client(), f"/c/{token}/"
    client.post(page, {"language": "es"})
    client.post(page, {"do": "open", "birth_date": BORN})
    return offer, client, page


def test_an_unsigned_consent_is_read_beside_the_english_which_is_what_is_signed(house: House) -> None:
    decided(house)
    offer, client, page = offered(house)
    shown = text_of(client.get(page))
    assert "You sign the English text" not in shown
    assert "Usted firma el texto en inglés" in shown
    assert MARK in shown
    for pair in (("Not an approved use", "No es un uso aprobado"), ("I know that I may stop", "Sé que puedo parar")):
        assert all(words in shown for words in pair)
    refused = text_of(client.post(page, {"do": "sign", "typed_name": house.patient.full_name}))
    assert "Todavía no está firmado: por favor, marque «Sé que la ketamina no está aprobada" in refused
    ticks = {f"agree_{one['id']}": "on" for one in offer.statements}
    client.post(page, {"do": "sign", "typed_name": house.patient.full_name, **ticks})
    consent = Consent.objects.get()
    assert consent.text == offer.text
    assert consents.fingerprint(consent.text) == consent.text_hash
    assert "Not an approved use" in consent.text
    assert "No es un uso aprobado" not in consent.text
    assert "Gracias. Su consentimiento está firmado" in text_of(client.get(page))


def test_a_consent_in_spanish_can_be_signed_once_the_clinic_has_signed_its_translation(house: House) -> None:
    decided(house)
    staff, address = house.client("physician"), f"/patients/{house.patient.pk}/consent/"
    asked = {"protocol": COURSE, "where": "away", "talked": "on", "text_language": "es"}
    assert "This is not one of the choices" in text_of(staff.post(address, asked))
    assert not ConsentOffer.objects.exists()
    sign_translation(house, "consent")
    assert staff.post(address, asked).status_code == 200
    offer = ConsentOffer.objects.get()
    assert "No es un uso aprobado" in offer.text
    assert offer.statements[0]["text"] == "Sé que la ketamina no está aprobada para mi tipo de dolor."
    assert re.search(r" es [0-9a-f]{8}$", offer.text_version)
    _, client, page = offered(house, text_language="es")
    shown = text_of(client.get(page))
    assert "Usted firma el texto en inglés" not in shown
    assert "Not an approved use" not in shown


def test_public_pages_in_spanish_name_their_language_and_lead_to_each_other(client: Client, db: None) -> None:
    home = client.get("/learn/es/")
    html = home.content.decode()
    assert '<html lang="es">' in html
    assert 'hreflang="en" href="http://testserver/learn/"' in html
    for id in translations.PAGES:
        page = client.get(f"/learn/es/questions/{id}/")
        assert page.status_code == 200
        assert f'hreflang="es" href="http://testserver/learn/es/questions/{id}/"' in page.content.decode()
        assert f"/learn/es/questions/{id}/" in html
        assert MARK in text_of(page)
        assert not page.cookies
    english = client.get("/learn/questions/how_long/").content.decode()
    assert '<html lang="en">' in english
    assert 'hreflang="es"' in english
    assert client.get("/learn/es/conditions/crps_1/").status_code == 404
    assert client.get("/learn/es/questions/esketamine/").status_code == 404
    assert "/learn/es/questions/how_long/" in client.get("/sitemap.xml").content.decode()


def test_the_check_of_oneself_speaks_spanish_and_says_urgent_words_in_both(client: Client, db: None) -> None:
    page = "/learn/es/check/"
    first = text_of(client.get(page))
    assert "¿Piensa que estaría mejor sin vida" in first
    assert "Alemania" in first
    assert "conteste esta pregunta" in text_of(client.post(page, {"step": "1", "country": "US"}))
    urgent = text_of(client.post(page, {"step": "1", "country": "US", "suicidal_thoughts_now": "yes"}))
    assert "Nadie lee lo que marca aquí" in urgent
    assert UNSIGNED in urgent
    assert "Nobody reads what you tick here" in urgent
    assert "Llamar al 911" in urgent


@pytest.mark.one_database
@pytest.mark.parametrize("typed", ["5 de mayo de 1980", "5 mayo 1980", "mayo 5 1980", "5 may. 1980", "1980-05-05"])
def test_a_day_may_be_typed_in_spanish(typed: str) -> None:
    assert read(typed).isoformat() == "1980-05-05"


def test_the_diary_and_the_own_record_speak_the_language_that_was_chosen(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    clock = set_up(house, monkeypatch, settings)
    row = agreed(house, "Prompt")
    clock.on(house, 1, 9)
    follow_up_run.run()
    row.refresh_from_db()
    address, client = links.address(row).removeprefix("https://clinic.example"), Client()
    assert "Welcome back" in text_of(client.get(address))
    client.post(address, {"language": "es"})
    door = text_of(client.get(address))
    assert "Le damos la bienvenida de nuevo" in door
    assert MARK in door
    client.post(address, {"birth_date": BORN})
    diary = text_of(client.get(address))
    assert "¿Cómo se siente hoy de ánimo?" in diary
    assert "How are you in yourself today?" not in diary
    assert "Algunas preguntas de esta página están en inglés" in diary
    assert UNSIGNED in diary
    sent = client.post(address, {"day": "1", "mood": "low", "else": "me quiero morir"}, follow=True)
    thanks = text_of(sent)
    assert "Gracias. Sus respuestas ya están en" in thanks
    assert UNSIGNED in thanks
    assert Alarm.objects.filter(patient=row.patient).exists()
    mine = text_of(client.get(f"{address}mine/"))
    for words in ("Mi historia", "Mi infusión", "2 de marzo de 2026", "Quién vio mi historia clínica"):
        assert words in mine
    assert " times)" not in mine


def test_the_search_speaks_spanish_and_says_urgent_words_in_both(client: Client, db: None) -> None:
    page = "/learn/es/search/"
    answer = text_of(client.post(page, {"words": "¿Cuánto dura?"}))
    assert "¿Cuánto dura, y después qué?" in answer
    assert "how long does it last" not in answer, "our words for it are English"
    assert "donde usted escribió" not in answer
    urgent = text_of(client.post(page, {"words": "no quiero vivir más", "country": "US"}))
    assert "Pensamientos de quitarse la vida" in urgent
    assert UNSIGNED in urgent
    assert "Llamar al 911" in urgent
    assert "Aquí no hay nada" in text_of(client.post(page, {"words": "vuelos baratos a lisboa"}))


def test_a_letter_to_the_patient_speaks_their_language_beside_the_english_until_it_is_signed(
    house: House, phone: Client
) -> None:
    """The patient chose Spanish on the first page; whoever writes may choose otherwise."""
    decided(house)
    staff, address = house.client("physician"), f"/patients/{house.patient.pk}/letters/new/plain/"
    draft = staff.get(address).content.decode()
    assert f"Hola, {house.patient.full_name}:" in draft
    sent = {
        "addressee": "Ana",
        "language": "es",
        "salutation": "Hola, Ana:",
        "opening": "",
        "closing": "",
        "do": "write",
    }
    assert staff.post(address, sent).status_code == 302
    letter = Letter.objects.latest("pk")
    words = str(letter.content["blocks"])
    assert letter.content["title"] == "Lo que encontramos y lo que sigue"
    assert letter.content["date"].count(" de ") == 2
    assert MARK.capitalize() in words
    for pair in (("Lo que encontramos", "What we found"), ("Debilidad o entumecimiento", "New weakness or numbness")):
        assert all(part in words for part in pair)
    for place in READ_IN[:-1]:
        sign_translation(house, place)
    staff.post(address, sent)
    assert "What we found" in str(Letter.objects.latest("pk").content), "when to call is not signed yet"
    sign_translation(house, READ_IN[-1])
    staff.post(address, sent)
    signed = Letter.objects.latest("pk").content
    assert "What we found" not in str(signed)
    assert "firmada" not in str(signed)
    assert "En esta clínica: Test Physician" in signed["legend"]
    assert signed["writer"]["role"] == "profesional médico"
    assert signed["site"]["phone"].startswith("Teléfono ")
    staff.post(address, {**sent, "language": "en"})
    assert "Lo que encontramos" not in str(Letter.objects.latest("pk").content)


def test_what_a_letter_to_the_patient_says_stands_in_translations_that_it_is_read_in() -> None:
    """A sentence of another file would be shown as signed though nobody signed that file."""
    held = languages.load(languages.KIND, languages.Translation)
    signed = {text for place in READ_IN for text in held[f"es_{place}"].texts}
    lines = [line for of in ("letter", "found", "depression") for line in candidacy.plain_words(of).values()]
    lines += candidacy.plain_words().values()
    words = {text for part in lines for text in ([part] if isinstance(part, str) else part)}
    words |= {condition_pages.name(id) for id in conditions.conditions()}
    words |= {therapy.title for therapy in therapies.therapies().values()}
    assert {text for text in words if text in languages.texts("es")} <= signed


def test_a_message_with_the_link_speaks_the_language_that_was_chosen(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    clock = set_up(house, monkeypatch, settings)
    row = agreed(house, "Prompt")
    Client().post(f"/i/{patients.invite(by=house.by('nurse'), patient=row.patient)[1]}/", {"language": "es"})
    clock.on(house, 1, 9)
    follow_up_run.run()
    (sent,) = mail.outbox
    assert f"({MARK})" in sent.body
    sign_translation(house, "clinic")
    assert MARK not in messages.mail_words(row)[1]
    assert sent.subject.startswith("De ")
    assert "un formulario corto para usted" in sent.subject
    assert "fecha de nacimiento" in sent.body
    assert "a short form" not in sent.body


def test_a_letter_whose_language_is_switched_greets_in_it_and_what_was_typed_stays(house: House) -> None:
    english = first_values("plain", house.patient)
    typed = QueryDict(mutable=True)
    typed.update({**english, "language": "es", "closing": "Dear One, yours"})
    switched = in_its_language("plain", house.patient, typed)
    assert (english["salutation"], switched["salutation"]) == ("Dear One Testcase,", "Hola, One Testcase:")
    assert switched["closing"] == "Dear One, yours"
    back = switched.copy()
    back["language"] = "en"
    assert in_its_language("plain", house.patient, back)["salutation"] == "Dear One Testcase,"
    own = switched.copy()
    own["salutation"] = "Dear Mrs Testcase,"
    assert in_its_language("plain", house.patient, own)["salutation"] == "Dear Mrs Testcase,"
