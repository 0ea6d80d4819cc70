"""The clinic's own knowledge: what differs from what is built in, file by file and number by number, and who signed."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound import catalogue
from unwound_clinic.administration import knowledge_actions
from unwound_clinic.administration.forms import LoosenForm, UnsignForm
from unwound_clinic.core import access, own_knowledge
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.own_knowledge import Drafted
from unwound_clinic.core.page import actor
from unwound_clinic.models import KnowledgeSignature, Site


def _site(request: HttpRequest, permission: str) -> Site:
    """The first site where the user has the permission: own knowledge is of the whole clinic."""
    site = Site.objects.filter(pk__in=actor(request).sites_where(permission)).order_by("pk").first()
    if site is None:
        raise access.Refused(
            "a physician signs for own knowledge that is looser; people in care and administrators see it"
        )
    return site


def overview(request: HttpRequest) -> HttpResponse:
    """Every file of the folder beside ours, how it stands, and what is used."""
    _site(request, "see-knowledge")
    files = own_knowledge.drafted()
    used = {place.as_posix() for place in catalogue.own().contents}
    context = {
        "state": own_knowledge.state(),
        "folder": own_knowledge.folder(),
        "files": files,
        "gone": sorted(used - {f"{file.kind}/{file.name}.toml" for file in files}),
        "being_replaced": not own_knowledge.is_used_here()
        or any(not (file.used or file.waits or file.fault) for file in files),
        "may_sign": bool(actor(request).sites_where("sign-knowledge")),
        "signatures": KnowledgeSignature.objects.select_related("signed_by", "withdrawn_by").order_by("-pk"),
    }
    return render(request, "administration/knowledge.html", context)


def _file(kind: str, name: str) -> Drafted:
    drafted = [file for file in own_knowledge.drafted() if (file.kind, file.name) == (kind, name)]
    if not drafted:
        raise Http404("no such file in the clinic's own folder")
    return drafted[0]


def sign(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """A physician signs for one file that is looser than ours."""
    site, file = _site(request, "sign-knowledge"), _file(kind, name)
    form = LoosenForm(request, request.POST or None, initial={"digest": own_knowledge.digest(file.content)})
    if request.method == "POST" and form.is_valid():
        try:
            knowledge_actions.sign(
                by=actor(request), site=site, file=file, shown=form.cleaned_data["digest"],
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, f"Signed. {kind}/{name}.toml is checked now, and used within a minute.")
            return redirect("own-knowledge")
    return render(request, "administration/knowledge_sign.html", {"file": file, "form": form})


def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """The signature under a file is withdrawn."""
    site = _site(request, "see-knowledge")
    row = get_object_or_404(KnowledgeSignature.objects.select_related("signed_by"), pk=number)
    form = UnsignForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        knowledge_actions.withdraw(by=actor(request), site=site, signature=row, reason=form.cleaned_data["reason"])
        messages.success(request, "Withdrawn. The file is left out within a minute.")
        return redirect("own-knowledge")
    return render(request, "administration/knowledge_withdraw.html", {"row": row, "form": form})


urls = [
    reads("own-knowledge/", overview, name="own-knowledge"),
    takes("own-knowledge/signatures/<int:number>/", withdraw, name="own-knowledge-withdraw"),
    takes("own-knowledge/<slug:kind>/<slug:name>/", sign, name="own-knowledge-sign"),
]
