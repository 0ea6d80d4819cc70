"""Where the stories of whole patients lie: `tests/cases`, and the people of the demonstration, who are tested alike."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
STORIES = {
    path.stem: path
    for folder in (ROOT / "tests/cases", ROOT / "unwound_clinic/demonstration/people")
    for path in sorted(folder.glob("*.toml"))
}
"""Id -> file."""
NINE_STOPS = {
    "pregnant": True,
    "psychosis_active": True,
    "mania_active_or_recent": True,
    "aneurysm_or_vascular_malformation": True,
    "thyrotoxicosis": True,
    "cirrhosis": True,
    "delirium_active": True,
    "diastolic_mmhg": 135.0,
    "spo2_percent": 80.0,
}
"""Facts that each forbid ketamine by themselves."""
