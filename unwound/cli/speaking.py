"""`unwound translations`: how much of what a patient reads other languages have."""

from __future__ import annotations

import click


@click.command()
@click.option("--missing", is_flag=True, help="List the English texts that have no translation, and those that wait.")
def translations(missing: bool) -> int:
    """Show what share of each place is translated, and whether its file is reviewed.

    Exit code 1 where a place that a language has to have in whole is not.
    """
    from unwound import catalogue, languages
    from unwound import translations as places

    broken = False
    for language in languages.others():
        click.echo(languages.NAMES[language])
        reviewed = {id for kind, id in catalogue.reviewed() if kind == languages.KIND}
        for share in places.shares(language):
            had = share.texts - len(share.missing)
            state = (
                ""
                if share.place == "questionnaires"
                else (
                    "reviewed" if f"{language}_{share.place}" in reviewed else "translation not yet signed by a person"
                )
            )
            click.echo(
                f"  {share.place:15}{had:>5} of {share.texts:<5}{100 * had // share.texts:>4} %  {state}".rstrip()
            )
            broken |= share.place in places.MUST_BE_WHOLE and not share.whole
            for text in share.missing if missing else ():
                click.echo(f"      {text}")
    return 1 if broken else 0
