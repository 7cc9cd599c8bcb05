from dashboard.latest import Latest


def test_the_values_that_were_used_last_are_kept():
    latest = Latest(2)
    latest.put("a", 1)
    latest.put("b", 2)
    assert latest.get("a") == 1, "used again, so that b is the older one"
    latest.put("c", 3)
    assert [latest.get(key) for key in "abc"] == [1, None, 3]
    latest.put("a", 4)
    assert latest.get("a") == 4
    assert len(latest) == 2
