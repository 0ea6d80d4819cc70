"""What is sent: a link and nothing else, so that whoever shares the mailbox or the telephone learns nothing."""

from __future__ import annotations

import os
import shlex
import smtplib
import subprocess
from dataclasses import dataclass
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from unwound.follow_up import Channel
from unwound.languages import ENGLISH
from unwound_clinic.core.speaking import chosen_by, said, speaking, unsigned
from unwound_clinic.follow_up import links
from unwound_clinic.models import FollowUp

SMS_WITHIN_S = 30


class NotTaken(Exception):
    """A message that was certainly not taken; `for_good` where sending it again would be refused again."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(" ".join(why.split())[:200])
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address."""

    row: FollowUp
    to: str
    id: str


def new_id() -> str:
    """A new number for a message; one that comes back names it."""
    host = urlsplit(settings.ADDRESS).hostname or "unwound.invalid"
    return make_msgid(domain=host)


def send(message: Message) -> None:
    """Sends it. NotTaken where it certainly was not sent; any other error leaves it open whether it was."""
    try:
        links.address(message.row)
    except links.KeyGone as gone:
        raise NotTaken(str(gone), for_good=True) from None
    if message.row.channel == Channel.SMS:
        _send_text(message)
    else:
        _send_mail(message)


def mail_words(row: FollowUp) -> tuple[str, str]:
    """Subject and text of a mail, in the language that the patient chose for the first form; marked until signed."""
    site, stop = row.patient.site, links.address(row, stop=True)
    language = chosen_by(row.patient) or ENGLISH
    with speaking(language):
        subject = said("From {site}: a short form for you", site=site.name)
        says = (
            said("{site} has a short form for you. It takes about a minute:", site=site.name),
            "",
            links.address(row),
            "",
            said("It asks for your date of birth first. Please do not pass it on."),
            said("Nobody can read an answer to this message. Questions? Call us: {phone}.", phone=site.phone),
            "",
            said("No more of these messages: {stop}", stop=stop),
            *(("", f"({said('translation not yet signed by a person')})") if unsigned(language, "clinic") else ()),
        )
    return subject, "\n".join((*says, ""))


def _text(row: FollowUp) -> str:
    """A text message, in the same language."""
    with speaking(chosen_by(row.patient)):
        return said(
            "{site}: a short form for you: {address} No more of these: {stop}",
            site=row.patient.site.name,
            address=links.address(row),
            stop=links.address(row, stop=True),
        )


def _send_mail(message: Message) -> None:
    """By the clinic's mail server; a refusal before the message was taken is told apart from a line that broke."""
    row = message.row
    mail = EmailMessage(
        *mail_words(row),
        None,
        [message.to],
        headers={
            "Message-ID": message.id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{links.address(row, stop=True)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as away:
        raise NotTaken(str(away), for_good=False) from None
    try:
        mail.connection = connection
        mail.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise NotTaken(str(refused), for_good=all(code >= 500 for code in codes)) from None
    except smtplib.SMTPResponseException as refused:
        raise NotTaken(str(refused), for_good=False) from None
    finally:
        connection.close()


def _send_text(message: Message) -> None:
    """By the clinic's own command: the number is its last argument, the text its input."""
    command = [*shlex.split(settings.SMS, posix=os.name != "nt"), message.to]
    try:
        subprocess.run(
            command,
            input=_text(message.row),
            encoding="utf-8",
            errors="replace",
            check=True,
            timeout=SMS_WITHIN_S,
            capture_output=True,
        )
    except FileNotFoundError as missing:
        raise NotTaken(str(missing), for_good=False) from None
    except subprocess.CalledProcessError as refused:
        raise NotTaken(refused.stderr or str(refused), for_good=False) from None
