"""The layout of templates is kept by `./run check`; here, that it tells good from bad."""

from __future__ import annotations

import pytest
from templates import faults

GOOD = """\
{% extends "base.html" %}
{% block content %}
  <p class="quiet">
    Between <strong>5</strong>{% if most %} and
      {{ most }}{% endif %}, as was said.
  </p>
  <img src="{% url 'chart' 1 %}"
      alt="A picture in words, {LONG}.">
  {% if may %}
    <textarea>as
typed</textarea>
  {% else %}
    <p>Not now.</p>
  {% endif %}
{% endblock content %}
""".replace("{LONG}", "which are many " * 8)


def test_what_is_laid_out_well_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad", "line"),
    [
        ("    <p>Not now.</p>", "   <p>Not now.</p>", 13),
        ("    <p>Not now.</p>", "    <p>Not</p><p>now.</p>", 13),
        ("    <p>Not now.</p>", "    <p>Not now.", 14),
        ("      {{ most }}", "    {{ most }}", 5),
        ("      alt=", "    alt=", 8),
        ("  {% else %}", "    {% else %}", 12),
        ("as was said.", f"as was said{' again' * 20}.", 5),
    ],
)
def test_each_fault_is_told_with_its_line(good: str, bad: str, line: int) -> None:
    assert line in [place for place, _ in faults(GOOD.replace(good, bad))]
