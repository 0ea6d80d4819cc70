"""A chart as a file: SVG, PNG, or a page that needs nothing from anywhere."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from unwound import extras
from unwound.files import write
from unwound.plots.style import IN_THE_DARK, Chart, styled
from unwound.record import UnwoundError

with extras.needed("a chart as a file"):
    import vl_convert

SUFFIXES = (".svg", ".png", ".html")
SCALE = 2.0
"""Dots of the PNG for one of the chart: sharp in print and on dense screens."""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 1rem; background: white; }} #chart {{ max-width: 100%; overflow-x: auto; }}</style>
</head>
<body>
<div id="chart" role="img" aria-label="{description}"></div>
<script type="application/json" id="spec">{spec}</script>
<script type="module">
{bundle}
</script>
</body>
</html>
"""
SHOW = """
vegaEmbed("#chart", JSON.parse(document.getElementById("spec").textContent),
  { renderer: "svg", actions: { export: true, source: false, compiled: false, editor: false } });
"""


def save(chart: Chart, path: Path | str) -> None:
    """Write the chart whole, in the format the name ends with. UnwoundError for another ending or a closed place."""
    path = Path(path)
    checked(path)
    spec = styled(chart).to_dict()
    kind = path.suffix.lower()
    if kind == ".png":
        write(path, vl_convert.vegalite_to_png(spec, scale=SCALE))
    else:
        write(path, (svg(spec) if kind == ".svg" else page(spec)).encode())


def drawn(chart: Chart) -> str:
    """The chart as SVG, for a page that serves it, light or dark."""
    return in_either_light(svg(styled(chart).to_dict()))


def in_either_light(picture: str) -> str:
    """The same SVG, which takes the colours of a dark page where it stands in one; light in print and by itself."""
    swaps = "".join(
        f'[{name}="{light}" i]{{{name}:{dark}}}' for light, dark in IN_THE_DARK.items() for name in ("fill", "stroke")
    )
    start = picture.index(">", picture.index("<svg")) + 1
    return f"{picture[:start]}<style>@media screen and (prefers-color-scheme:dark){{{swaps}}}</style>{picture[start:]}"


def checked(path: Path) -> Path:
    """The path, when its ending is one we write."""
    if path.suffix.lower() not in SUFFIXES:
        raise UnwoundError(f"{path}: a picture ends in {', '.join(SUFFIXES)}")
    return path


def svg(spec: dict[str, Any]) -> str:
    """The chart drawn, with its title and description for screen readers."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    head = f"<title>{html.escape(_title(spec))}</title><desc>{html.escape(spec.get('description', ''))}</desc>"
    start = drawn.index(">", drawn.index("<svg")) + 1
    return f'{drawn[: start - 1]} role="img">{head}{drawn[start:]}'


def page(spec: dict[str, Any]) -> str:
    """A page with the chart, its data and all of Vega inside."""
    return PAGE.format(
        title=html.escape(_title(spec)),
        description=html.escape(spec.get("description", ""), quote=True),
        spec=json.dumps(spec).replace("<", "\\u003c"),
        bundle=vl_convert.javascript_bundle(SHOW).replace("</script", "<\\/script"),
    )


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title", "")
    return str(title.get("text", "") if isinstance(title, dict) else title)
