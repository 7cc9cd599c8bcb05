from dataclasses import replace

import pytest

from core.types import RequestError
from dashboard import layers as rules
from dashboard.layers import MAX_KEPT, MAX_RUNS, Layers


def make(layer, count):
    return [replace(layer, id=str(i)) for i in range(count)]


def added(layer, count) -> Layers:
    layers = Layers()
    for one in make(layer, count):
        layers = layers.add(one)
    return layers


def ids(layers: Layers) -> list[str]:
    return [one.id for one in layers.entries]


def test_a_new_run_comes_into_view_and_the_last_ones_stay(layer):
    layers = added(layer, 3)
    assert ids(layers) == ["0", "1", "2"]
    assert layers.current == "2"


def test_looking_at_an_old_run_loses_nothing(layer):
    layers = added(layer, 3)
    back = layers.view("0")
    assert back.current == "0"
    assert back.entries == layers.entries


def test_the_oldest_unpinned_go_first_and_are_counted(layer):
    layers = added(layer, 2).toggle("0")
    for one in make(layer, MAX_RUNS + 2)[2:]:
        layers = layers.add(one)
    assert len(layers.entries) == MAX_RUNS
    assert ids(layers)[:2] == ["0", "3"]
    assert layers.gone == 2


def test_their_bytes_are_bounded_but_the_one_in_view_stays(layer, monkeypatch):
    monkeypatch.setattr(rules, "MAX_BYTES", 3 * layer.size)
    assert ids(added(layer, 5)) == ["2", "3", "4"]
    monkeypatch.setattr(rules, "MAX_BYTES", 1)
    assert ids(added(layer, 5)) == ["4"]
    with pytest.raises(RequestError, match=r"pinned runs is '0 MB'.*unpin one first"):
        added(layer, 1).toggle("0")


def test_unpinning_keeps_a_run_where_it_is(layer):
    layers = added(layer, 2).toggle("0").toggle("0")
    assert layers.kept == ()
    assert ids(layers) == ["0", "1"]


def test_other_tabs_compare_the_pinned_ones_with_the_one_in_view(layer):
    layers = added(layer, 4).toggle("1")
    assert [one.id for one in layers.compared] == ["1", "3"]
    assert [one.id for one in layers.view("1").compared] == ["1"]


def test_one_too_many_is_not_pinned_in_silence(layer):
    layers = added(layer, MAX_KEPT + 1)
    for n in range(MAX_KEPT):
        layers = layers.toggle(str(n))
    with pytest.raises(RequestError, match=f"pinned runs is {MAX_KEPT + 1}.*unpin one first"):
        layers.toggle(str(MAX_KEPT))
    assert len(layers.toggle("0").kept) == MAX_KEPT - 1


def test_a_deleted_run_comes_back_to_its_place(layer):
    layers = added(layer, 3)
    left = layers.delete("1")
    assert ids(left) == ["0", "2"]
    assert left.current == "2"
    back = left.undo()
    assert ids(back) == ["0", "1", "2"]
    assert back.current == "1"
    assert back.undo() == back


def test_the_newest_comes_into_view_for_a_deleted_one(layer):
    layers = added(layer, 3).delete("2")
    assert layers.current == "1"
    assert ids(layers.add(replace(layer, id="new")).undo()) == ["0", "1", "2", "new"]


def test_the_only_run_is_not_deleted(layer):
    layers = added(layer, 1)
    assert layers.delete("0") == layers


def test_unknown_ids_change_nothing(layer):
    layers = Layers().add(layer)
    for rubbish in ("nope", None, 3, ["x"], {}):
        assert layers.view(rubbish) == layers
        assert layers.toggle(rubbish) == layers
        assert layers.delete(rubbish) == layers


def test_the_same_layers_are_equal_and_hash_alike(layer):
    assert hash(Layers().add(layer)) == hash(Layers().add(layer))
    assert Layers().add(layer) != Layers().add(layer).toggle(layer.id)
