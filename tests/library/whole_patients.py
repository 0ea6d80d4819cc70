"""Where the stories of whole patients lie: `tests/cases`, and the people of the demonstration, who are tested alike."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
STORIES = {
    path.stem: path
    for folder in (ROOT / "tests/cases", ROOT / "unwound_clinic/demonstration/people")
    for path in sorted(folder.glob("*.toml"))
}
"""Id -> file."""
