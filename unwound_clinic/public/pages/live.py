"""Pictures that a reader changes: a form whose answer is an address, without JavaScript, cookie or account.

All that can be asked stands in short lists, so that there is a known number of pictures. Each is made once, kept in a
folder that all workers share, and made by one thread of a worker, which `front_door.py` keeps for them: the pages of
patients never wait for them. Whoever asks for many new ones in a minute waits.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from unwound.reading import live
from unwound.reading.live import Choice, LivePicture
from unwound.record import UnwoundError
from unwound_clinic.core import cached
from unwound_clinic.core.addresses import reads
from unwound_clinic.public import shown
from unwound_clinic.public.answers import address_of, rendered, shared, too_many, while_on

A_MINUTE = 12
"""New pictures a minute for one address: more than anybody reads, and a small part of one processor."""
KEPT, ENDING = "live", ".json"


@while_on
def page(request: HttpRequest, id: str) -> HttpResponse:
    """The picture as it was chosen, in words beside it, with all that can be chosen."""
    of, fault = _picture(id), ""
    try:
        choice = _chosen(request, of)
    except UnwoundError as reason:
        choice, fault = live.usual(of), str(reason)
    if (wait := _one_too_many(request, id, choice)) is not None:
        return wait
    drawn = _drawn(id, of, choice)
    context = {
        **shown.context(live.page(id), address=address_of(request)),
        "fault": fault,
        "live": {
            **drawn,
            "alone": SAID[of.draws],
            "controls": [
                {"id": control.id, "ask": control.ask,
                 "options": [(option.id, option.words, option == choice[control.id]) for option in control.options]}
                for control in of.controls
            ],
            "file": f"{reverse('learn-try-picture', args=[id])}?{urlencode(_ids(choice))}",
        },
    }  # fmt: skip
    answer = shared(request, rendered("public/learn_page.html", context))
    if fault:
        answer.status_code = 400
    return answer


SAID = {
    "wind_up": "A model, not anybody's spinal cord.",
    "opioids": "A model, not anybody's spinal cord.",
    "courses": "A model, not a forecast for anybody.",
}
"""What stands beside each picture."""


@while_on
def picture(request: HttpRequest, id: str) -> HttpResponse:
    """The picture alone."""
    of = _picture(id)
    try:
        choice = _chosen(request, of)
    except UnwoundError:
        raise Http404 from None
    if (wait := _one_too_many(request, id, choice)) is not None:
        return wait
    return shared(request, _drawn(id, of, choice)["svg"], "image/svg+xml")


def _picture(id: str) -> LivePicture:
    try:
        return live.picture(id)
    except UnwoundError:
        raise Http404 from None


def _chosen(request: HttpRequest, of: LivePicture) -> Choice:
    ids = [control.id for control in of.controls]
    return live.chosen(of, {id: request.GET[id] for id in ids if id in request.GET})


def _ids(choice: Choice) -> dict[str, str]:
    return {control: option.id for control, option in choice.items()}


def _inputs(id: str, choice: Choice) -> list[object]:
    return [id, sorted(_ids(choice).items())]


def _one_too_many(request: HttpRequest, id: str, choice: Choice) -> HttpResponse | None:
    """The answer to whoever asks for too many pictures that have to be made; those that are kept cost nothing."""
    if cached.is_kept(KEPT, _inputs(id, choice), ENDING):
        return None
    return too_many(request, KEPT, A_MINUTE)


def _drawn(id: str, of: LivePicture, choice: Choice) -> dict[str, Any]:
    """The picture and its words: kept, or made."""

    def make() -> str:
        drawn = live.drawn(of, choice)
        parts = {name: getattr(drawn, name) for name in ("svg", "description", "head", "rows", "says")}
        return json.dumps(parts, ensure_ascii=False)

    return dict(json.loads(cached.kept(KEPT, _inputs(id, choice), ENDING, make)))


urls = [
    reads("learn/try/<slug:id>/", page, name="learn-try"),
    reads("learn/try/<slug:id>/picture.svg", picture, name="learn-try-picture"),
]
