from dataclasses import replace

from dashboard.layers import MAX_KEPT, Layers


def make(layer, count):
    return [replace(layer, id=str(i)) for i in range(count)]


def test_a_new_run_takes_the_place_of_the_last(layer):
    a, b = make(layer, 2)
    layers = Layers().add(a).add(b)
    assert [one.id for one in layers.entries] == ["1"]
    assert layers.shown is b


def test_a_kept_run_stays_and_comes_back(layer):
    a, b = make(layer, 2)
    layers = Layers().add(a).toggle("0").add(b)
    assert [one.id for one in layers.entries] == ["0", "1"]
    back = layers.view("0")
    assert back.current == "0"
    assert [one.id for one in back.entries] == ["0"]  # the other was not kept


def test_letting_go_of_the_run_in_view_keeps_it_in_view(layer):
    (a,) = make(layer, 1)
    layers = Layers().add(a).toggle("0").toggle("0")
    assert layers.kept == ()
    assert layers.shown.id == "0"


def test_letting_go_of_another_run_drops_it(layer):
    a, b = make(layer, 2)
    layers = Layers().add(a).toggle("0").add(b).toggle("0")
    assert [one.id for one in layers.entries] == ["1"]


def test_no_more_than_the_limit_are_kept(layer):
    layers = Layers()
    for one in make(layer, MAX_KEPT + 4):
        layers = layers.add(one).toggle(one.id)
    assert len(layers.kept) == MAX_KEPT
    assert layers.kept[-1].id == layers.current
    assert layers.find("0") is None


def test_unknown_ids_change_nothing(layer):
    layers = Layers().add(layer)
    for rubbish in ("nope", None, 3, ["x"], {}):
        assert layers.view(rubbish) == layers
        assert layers.toggle(rubbish) == layers


def test_the_same_layers_are_equal_and_hash_alike(layer):
    assert hash(Layers().add(layer)) == hash(Layers().add(layer))
    assert Layers().add(layer) != Layers().add(layer).toggle(layer.id)
