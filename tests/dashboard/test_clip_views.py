"""What the CLIP tab says, and how it reads what comes from a browser."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.meaning import phrase
from core.reading import END, NO_PICTURE, START
from core.types import RequestError
from dashboard import judge
from dashboard.components import heat
from dashboard.figures import attention, clip_atlas, matrix
from dashboard.layers import Layers
from dashboard.tabs.clip import atlas, atlas_views, labels, matrix_views
from dashboard.tabs.clip import views as clip_views
from dashboard.tabs.clip import where as clip_where
from dashboard.tabs.clip.spaces import Spaces
from dashboard.tabs.clip.views import Picture
from dashboard.tabs.generate import words

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def space(service):
    return Spaces(service).get("fake")


def test_lines_are_bounded():
    assert clip_views.lines(" a cat \n\n a dog") == ["a cat", "a dog"]
    for text in (None, 3, "a\n" * 25, "x" * 1001):
        with pytest.raises(RequestError):
            clip_views.lines(text)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("cat, dog,  owl", ["cat", "dog", "owl"]),
        ("cat; dog；owl", ["cat", "dog", "owl"]),
        ("cat、dog，owl", ["cat", "dog", "owl"]),
        ("cat,\ndog,\nowl", ["cat", "dog", "owl"]),
        ("cat, dog,\nowl, cat", ["cat", "dog", "owl"]),
        ("cat\n dog \n\nowl\ncat", ["cat", "dog", "owl"]),
        ("a cat, sitting\na dog", ["a cat, sitting", "a dog"]),
        ("cat", ["cat"]),
        ("cat | dog\towl", ["cat", "dog", "owl"]),
        ("- a cat\n- a dog", ["a cat", "a dog"]),
        ('["cat", "t-shirt"]', ["cat", "t-shirt"]),
        (" , ", []),
    ],
)
def test_labels_as_people_list_them(text, labels):
    assert clip_views.listed(text, "labels", 8) == labels


def test_labels_are_bounded():
    for text in (None, ["cat"], ",".join("abcdefghi"), "x" * 1001):
        with pytest.raises(RequestError, match="labels"):
            clip_views.listed(text, "labels", 8)


def test_suggested_labels_are_those_of_the_picture_in_view(space, layer):
    image = space.clip.image([layer.trace.image])[0]
    for name in (space.names[2], space.names[5]):
        picture = clip_views.Picture("mine", layer.trace.image, phrase(name))
        found = labels.suggested(space, picture, image)
        assert found[0] == name, "the concept that the prompt names"
        assert len(found) == min(labels.SUGGESTED, len(space.names)) == len(set(found))
    unsaid = labels.suggested(space, clip_views.Picture("mine", layer.trace.image), image)
    assert unsaid[0] == space.names[int((space.texts @ image).argmax())]
    run = clip_views.one_picture(space, Layers().add(layer), clip_views.RUN, None)
    assert run.said == layer.trace.request.prompt == "a fox"


def test_the_atlas_says_what_it_computes(space):
    for view in atlas.VIEWS.values():
        assert f"{len(space.pictures)} pictures and {len(space.names)} words" in atlas_views.computing(space, view)
    assert atlas_views.computing(space, ["x"]) == atlas_views.computing(space, "x") == ""


def test_names_of_bars_can_be_read_in_full():
    found = clip_views.bars("t", ["a very long name", SCRIPT], np.array([0.5, 0.2]), ["", ""])
    assert 'title="a very long name"' in found
    assert SCRIPT not in found


def test_words_for_the_map_are_bounded():
    assert atlas_views.words("a cat, a dog\nsnow") == ["a cat", "a dog", "snow"]
    for text in (None, "a," * 13, "x" * 1001):
        with pytest.raises(RequestError):
            atlas_views.words(text)


def test_a_picture_comes_from_a_file_the_gallery_or_the_run(space, layer, tmp_path):
    layers = Layers().add(layer)
    Image.new("RGB", (20, 20), "red").save(tmp_path / "mine.png")
    assert clip_views.one_picture(space, layers, "a fox", str(tmp_path / "mine.png")).name == "mine.png"
    assert clip_views.one_picture(space, layers, "a fox", None).name == "a fox"
    assert clip_views.one_picture(space, layers, clip_views.RUN, None).image is layer.trace.image
    assert clip_views.one_picture(space, Layers(), clip_views.RUN, None).name == space.labels[0]
    for label in ("nothing", 3, SCRIPT, ["a fox", "nothing"]):
        with pytest.raises(RequestError, match="picture"):
            clip_views.from_gallery(space, label)


def test_the_card_of_a_point_names_what_is_near_it(space):
    found = atlas_views.card(space, clip_atlas.PICTURES, 1, [])
    assert space.labels[1] in found
    assert found.count("ds-bar ") + found.count('"ds-bar"') == 2 * clip_views.NEAREST
    assert SCRIPT not in atlas_views.card(space, clip_atlas.YOURS, 0, [SCRIPT])
    for name, index in (("x", 0), (clip_atlas.WORDS, 10**6), (clip_atlas.WORDS, "0"), (None, None)):
        with pytest.raises(RequestError, match="point"):
            atlas_views.card(space, name, index, [])


def test_a_group_says_what_sets_it_apart(space):
    rows = atlas_views.group(space, [{"name": "pictures", "index": 2}, {"name": "pictures", "index": 2},
                                     {"name": "words", "index": 1}, {"name": "x", "index": 0}, 3])  # fmt: skip
    assert rows == [("pictures", 2), ("words", 1)]
    told = atlas_views.group_card(space, rows, space.texts[3] - space.texts.mean(0))
    assert told.index(f">{space.names[3]}</span>") < told.index("<b>")
    for points in (None, [], "x", [{"name": "x"}], [{}] * 3000):
        with pytest.raises(RequestError, match="group"):
            atlas_views.group(space, points)


def test_thumbnails_and_names_do_not_cover_one_another():
    rng = np.random.default_rng(0)
    pictures, named = rng.standard_normal((400, 2)), rng.standard_normal((300, 2))
    atlas = clip_atlas.Atlas(pictures, named, np.zeros((1, 2)), ["p"] * 400, ["word"] * 300, [SCRIPT], ["a", "b"], True)
    seen = clip_atlas.seen(atlas)
    assert 20 < len(seen) <= clip_atlas.MAX_THUMBS
    fig = clip_atlas.draw(atlas, dict.fromkeys(seen, "data:,"), lasso=True, fresh="")
    images = np.array([(image.x, image.y) for image in fig.layout.images])
    apart = np.abs(images[:, None] - images[None]).max(-1) + 9 * np.eye(len(images))
    assert apart.min() >= fig.layout.images[0].sizex
    assert [trace.name for trace in fig.data][:3] == [clip_atlas.PICTURES, clip_atlas.WORDS, clip_atlas.YOURS]
    assert SCRIPT not in fig.to_json()


def test_the_matrix_marks_what_is_right():
    cosines = np.array([[0.9, 0.1], [0.2, 0.1]])
    fig = matrix.draw(cosines, ["a", SCRIPT], ["data:,"] * 2, shares=False, paired=np.eye(2, dtype=bool))
    rows, columns = fig.data[1], fig.data[2]
    right, wrong = rows.marker.color
    assert right != wrong
    assert columns.marker.color == (right, wrong)
    assert SCRIPT not in fig.to_json()
    told = " ".join(matrix_views.verdicts(cosines, np.eye(2, dtype=bool), 0.5, 20.0))
    assert "1 of 2 texts" in told
    assert "1 of 2" in told.partition("texts find")[2] or "2 of 2" in told


def test_sorting_puts_the_best_matching_on_the_diagonal():
    cosines = np.array([[0.1, 0.2, 0.9], [0.5, 0.1, 0.2]])
    rows, columns = matrix_views.matched(cosines)
    assert (rows, columns) == ([0, 1], [2, 0, 1])


def test_a_cell_is_enlarged_and_indices_are_checked():
    kept = (
        ["a"],
        [Picture(SCRIPT, Image.new("RGB", (8, 8)))],
        np.array([[0.5]]),
        {0: np.ones((1, 1)), 1: np.ones((1, 1))},
    )
    assert SCRIPT not in matrix_views.cell(kept, [0, 0])
    for index in ([0, 1], [1, 0], [-1, 0], [True, 0], 0, None, [0]):
        with pytest.raises(RequestError, match="cell"):
            matrix_views.cell(kept, index)


def test_where_reads_the_text_and_each_of_its_words_once():
    assert clip_where.texts_of(" a red  red apple ") == ["a red red apple", "a", "red", "apple"]
    assert clip_where.texts_of(" ") == []
    for text in (None, "a " * 17, "x" * 1001):
        with pytest.raises(RequestError, match="text"):
            clip_where.texts_of(text)


@pytest.mark.parametrize(("kind", "count"), [("windows", 5), ("patches", 4)])
def test_maps_are_spread_over_what_was_seen(kind, count):
    assert clip_where.spread(np.full((count, count), 0.3), kind) == pytest.approx(0.3)
    one = np.zeros((count, count))
    one[0, -1] = 1.0
    found = clip_where.spread(one, kind)
    assert np.unravel_index(found.argmax(), found.shape)[0] < clip_where.SIDE / 2
    assert np.unravel_index(found.argmax(), found.shape)[1] >= clip_where.SIDE / 2


def test_heat_is_packed_as_bytes_and_stretched():
    import base64

    maps = np.array([0.2, 0.4, 1.0]).reshape(1, 1, 1, 1, 3)
    assert base64.b64decode(heat.pack(heat.stretched(maps, (3, 4), zero=False))) == bytes([0, 64, 255])
    assert base64.b64decode(heat.pack(heat.stretched(maps, (3, 4), zero=True))) == bytes([51, 102, 255])
    assert heat.stretched(np.zeros((1, 2)), (1,), zero=False).tolist() == [[0, 0]]


def test_the_prompt_wins_for_good_from_a_step_on():
    assert judge.wins_from(np.array([[1.0, 0], [0, 1], [1, 0], [2, 1]])) == 2
    assert judge.wins_from(np.array([[1.0, 0], [1, 0]])) == 0
    assert judge.wins_from(np.array([[1.0, 0], [0, 1]])) is None
    assert judge.wins_from(np.array([[1.0], [1.0]])) == 0


def test_the_words_share_of_attention_is_told_and_drawn():
    tokens = [START, "a", SCRIPT, END, NO_PICTURE]
    shares = np.array([[0.1, 0.05, 0.15, 0.1, 0.6], [0.1, 0.05, 0.05, 0.1, 0.7]])
    told = words.sentence(shares, tokens)
    assert "20.0% of all attention at the first step and 10.0% at the last" in told
    assert "15.0% where it peaks" in told
    rows = words.rows(shares, tokens, np.array([0, 7]))
    assert len(rows) == 10
    assert rows[7] == {"step": 7, "place": 2, "token": SCRIPT, "share": 0.05}
    fig = attention.draw(shares[:, :-1], tokens[:-1], np.array([0, 1]), "generate")
    assert fig.data[0].z.shape == (4, 2)
    assert len(fig.layout.meta["moves"][0]["x"]) == 3  # the result has a position as well
    assert SCRIPT not in told + fig.to_json()
    assert "no words" in words.sentence(shares[:, :3], [START, END, NO_PICTURE])


def test_the_tiles_of_a_run_hold_every_block_or_the_average_alone(monkeypatch):
    from types import SimpleNamespace

    import core
    from dashboard.service import Service

    engine = core.load("starter")
    service = Service(lambda name: engine, lambda: ["starter"])
    layer = service.layer(engine.trace(core.Request("a cat", steps=5)))
    shell = SimpleNamespace(service=service)
    read = words.reading(shell, layer)
    group, blocks = words.tiles(read, layer, None)
    assert (group.positions, group.side, group.names[0]) == (5, 8, START)
    assert [bool(hint) for hint in group.hints] == [True, False, False, True, True]
    assert len(blocks) > 3
    monkeypatch.setattr(words, "MAX_BYTES", 100)
    small, average = words.tiles(read, layer, None)
    assert average == ["average of all"]
    assert len(small.maps) * len(blocks) == pytest.approx(len(group.maps), rel=0.01)
