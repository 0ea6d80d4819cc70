"""What the finder goes by: which kinds of file it knows, synonyms, words that say nothing, weights."""

from __future__ import annotations

from collections.abc import Mapping

from unwound.catalogue import Frozen, Head, Texts, load_rule


class Indexed(Frozen):
    """One kind of knowledge file that can be found."""

    kind: str
    """The folder of `data/`."""
    called: str
    """What a reader calls one such file."""
    fields: Texts = ()
    """Further texts of its files that count as names of it."""
    by_name: bool = False
    """Whether the title is the name that people ask for: «Gabapentin», not «Opioid» for a caution about it."""


class Weights(Frozen):
    """How much a word counts by where it stands."""

    names: float
    phrases: float
    text: float
    whole_phrase: float
    """How much the nearest single name or lay phrase counts beside the words of the whole file."""
    whole_title: float
    """How much it counts beside them that the title was typed whole, where it is a name."""
    small_words: float
    """How much it counts beside all these how near a name or phrase comes with every word the same, small ones too."""
    unknown: float
    """How much a word tells that stands in no name and no lay phrase; one of a single file tells about 5."""


class Least(Frozen):
    """Below which nothing here fits."""

    share: float
    """Of the weight of what was typed, the part that names and lay phrases of the best file have; 0 to 1."""
    tells: float
    """How much the words that fit and are not everyday ones tell; a word that stands nowhere else tells about 5."""
    alone: float
    """How much such words tell that are enough in a story, of which they are a small part."""
    story: int
    """From so many words on that are looked for it is a story."""
    named: float
    """In fewer words such words need to be this part of what was typed; 0 to 1."""
    phrase: float
    """How near two words or more must come to a whole name or phrase to be enough by that alone; 0 to 1."""
    whole: float
    """How near a question of everyday words alone must come to a whole name or phrase, every word counting the same."""
    corrected: float
    """How much of its weight a word keeps that was read as another; 0 to 1."""
    related: float
    """How much of its weight a synonym keeps, or what a medicine is; 0 to 1."""
    surely_corrected: float
    """The same of a long word with few slips, which is hardly another by chance; 0 to 1."""


class Finder(Head):
    """The file `data/rules/finder.toml`."""

    kinds: tuple[Indexed, ...]
    weights: Weights
    least: Least
    synonyms: Mapping[str, Texts]
    """A word as people type it, or two with a space -> what else is looked for with it."""
    classes: Mapping[str, Texts]
    """A class of medicines -> what else is looked for with each name of each medicine of it."""
    subject: Texts
    """Words, `*` for any ending, one of which shows that pain, health or treatment is asked about."""
    body: Texts
    """The same of words of which two are needed: «hand», «back»."""
    says_nothing: Texts
    """Words that tell no file from another and are not looked for."""
    tells_little: Texts
    """Everyday words of ours: they order files, and nothing fits by them alone."""
    everyday: Texts
    """Everyday words that are none of ours, and no slip of the pen of one."""
    fillers: Texts
    """Words that are left out where a question is compared with a whole phrase."""
    small_words: Texts
    """Words that the rules of emergencies pass over."""
    one_way: Mapping[str, str]
    """Ways of writing that those rules take for one."""
    nobody_reads: str
    """Said first of thoughts of ending life: nobody is behind a search."""
    now: Texts
    """Words that say it is now, whatever else is typed."""
    long_ago: Texts
    """Words that say it was long ago, or is of somebody else's past."""
    asked_about: Texts
    """Words of a question about an illness."""
    whole_words: Texts
    """Words as people write them, to mend slips of the pen to, where a rule has only their beginning."""
    no_slip: Texts
    """Plain words that are no slip of the pen of a word of an emergency."""
    ten_or_more: Texts
    """Counts in words from ten on."""
    not_tablets: Texts
    """Words after a number by which it counts no tablets: «mg», «years», «times»."""
    drug: Texts
    """Words that name ketamine or its infusion."""
    since: Texts
    """Words before it that say that something came of it: «after», «since»."""
    not_of_it: Texts
    """Words by which it is rather the pain or its relief that is asked about."""
    within: int
    """How many words may stand between the two."""
    effects_page: str
    """The file that answers what came of it, of the kind `question_pages`."""
    fits_well: float
    """From this score on (0 to 1) what fits and is no condition stands before that page."""


def finder() -> Finder:
    """The rules of the finder."""
    return load_rule("finder", Finder)
