"""The pages of the clinic give every reason that speaks against ketamine, however many there are."""

from unwound_clinic.record.review import reasons


def test_nine_stops_are_nine_reasons() -> None:
    stops = [f"Stop {number}: because" for number in range(9)]
    assert reasons({"verdict": "not-a-candidate", "because": stops, "gates": []}) == stops
