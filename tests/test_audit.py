import json

from tests.audit import verdict

SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": []}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


def report(*packages) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_weakness_fails_and_an_index_that_does_not_answer_fails_nobody():
    assert verdict(report(SOUND, WEAK)) == ("b 2: PYSEC-1, mended in 2.1", False)
    assert verdict(report(SOUND, UNKNOWN)) == ("pip-audit: no weakness is known of 1 packages", True)
    for nothing in ("", report(UNKNOWN), report()):
        told, sound = verdict(nothing)
        assert "skipped" in told
        assert sound
