"""`unwound review-packet`: what is printed, and what is refused in one line."""

from pathlib import Path

from terminal import unwound

from unwound.report import packet as packets


def test_a_packet_and_the_head_of_a_reviewed_file_are_printed() -> None:
    assert unwound("review-packet", "pregabalin").stdout.startswith("Pregabalin\ntherapies/pregabalin, changed")
    signed = ("--signed-by", "Dr Testcase", "--licence", "GMC 0", "--on", "2030-01-01")
    head = unwound("review-packet", "pregabalin", *signed).stdout
    assert head.splitlines()[0] == 'status = "reviewed"'
    assert packets.packet("therapies", "pregabalin").digest in head


def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    for words, says in (
        (("crps_1",), "is several files"),
        (("pregabalin", "--signed-by", "Dr Testcase", "--licence", "GMC 0"), "needs --on"),
        (("pregabalin", "--signed-by", "Dr Testcase", "--on", "2030-01-01"), "name and the licence"),
        (("pregabalin", "--signed-by", "Dr Testcase", "--licence", "GMC 0", "--on", "2020-01-01"), "cannot have been"),
        (("pregabalin", "--since", str(tmp_path / "none.toml")), "no such file"),
    ):
        done = unwound("review-packet", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
