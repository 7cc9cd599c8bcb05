"""A broken model is named, file and field, and leaves the others alone."""

import errno
import json
import shutil

import pytest

import core
from core.guidance import KINDS
from core.networks import manifest, store

OWN = {
    "name": "good", "kind": "latent diffusion", "summary": "of a test", "rank": 1, "size": 64,
    "latent_shape": [2, 8, 8], "schedule": "cosine", "architecture": {"autoencoder": {}, "dit": {}},
    "bounds": [[-1, -1], [1, 1]], "files": dict.fromkeys(manifest.NEEDED, "0" * 64),
}  # fmt: skip
OF = {"name": "twin", "kind": "exact denoiser", "summary": "of a test", "rank": 2, "of": "good"}
DEEP = "[" * 100_000
BROKEN = [
    ("", "is not JSON"),
    ('{"name": "bad", "kin', "is not JSON"),
    (DEEP, "is not JSON"),
    ("[]", "holds a list"),
    ({"rank": "first"}, r'rank is "first": it must be a number'),
    ({"rank": True}, "rank is true"),
    ({"name": "another"}, "name is 'another': it must be that of its folder"),
    ({"name": 7}, "name is 7"),
    ({"kind": None}, "kind is null"),
    ({"size": 0}, "size is 0"),
    ({"latent_shape": [2, 8]}, r"latent_shape is \[2, 8\]"),
    ({"schedule": "Schedule"}, 'schedule is "Schedule": it must be one of linear'),
    ({"architecture": []}, r"architecture is \[\]"),
    ({"bounds": [[0], [1]]}, "bounds must be a lowest and a highest number for each channel"),
    ({"bounds": [[1, 1], [-1, -1]]}, "bounds must be a lowest and a highest number for each channel"),
    ({"prediction": "foo"}, 'prediction is "foo": it must be one of eps, v, x0, flow'),
    ({"concepts": 3}, "concepts is 3: it must be a list of texts"),
    ({"concepts": [1, 2]}, "concepts is "),
    ({"defaults": [1]}, "defaults is "),
    ({"defaults": {"steps": 0}}, "a bad default: steps is 0"),
    ({"summary": "\ud800"}, "summary is "),
    ({"files": None}, "files is null"),
    ({"files": ["dit.safetensors"]}, "files is "),
    ({"files": {}}, "files is {}: it must be a mapping of file names to SHA-256 digests"),
    ({"of": "bad"}, "of is 'bad': it must be the name of a model with weights of its own"),
    ({"of": "twin"}, "of is 'twin'"),
    ({"of": "missing"}, "of is 'missing'"),
    ({"of": ["good"]}, r'of is \["good"\]'),
    ({"of": "../good"}, r'of is "\.\./good"'),
]


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MODELS", tmp_path)
    for fields in (OWN, OF):
        write(tmp_path / fields["name"], json.dumps(fields))
    return tmp_path


def write(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(text, "utf-8")


@pytest.mark.parametrize(("broken", "told"), BROKEN)
def test_a_broken_manifest_is_named_and_the_other_models_go_on(models, broken, told):
    write(models / "bad", broken if isinstance(broken, str) else json.dumps(OWN | {"name": "bad"} | broken))
    found, errors = store.survey()
    assert found == core.models() == ["good", "twin"]
    assert [str(error).partition(":")[0].split()[0] for error in errors] == ["bad/manifest.json"]
    with pytest.raises(core.ModelError, match=told) as error:
        raise errors[0]
    assert str(models) not in str(error.value)  # no folder of the server
    if broken != {"name": "another"}:
        with pytest.raises(core.ModelError, match=told):
            core.load("bad")


@pytest.mark.parametrize("field", [*manifest.EVERY, *manifest.OWN])
def test_a_missing_field_is_named(models, field):
    write(models / "bad", json.dumps({name: value for name, value in (OWN | {"name": "bad"}).items() if name != field}))
    if field == "rank":
        assert core.models() == ["good", "twin", "bad"]
    else:
        assert [str(error).partition(": it")[0] for error in store.survey()[1]] == [
            f"bad/manifest.json lacks the field {field}"
        ]


@pytest.mark.parametrize("kind", ["latent difusion", "diffusers 2"])
def test_a_kind_that_nothing_loads_is_named_with_those_there_are(models, kind):
    """Only when it is loaded: a folder may hold a model of a later version, which its own manifest describes."""
    write(models / "bad", json.dumps(OF | {"name": "bad", "kind": kind}))
    assert core.models() == ["good", "bad", "twin"]
    assert core.about("bad").defaults == core.Request()
    with pytest.raises(core.ModelError) as error:
        core.load("bad")
    assert str(error.value) == (
        f"The model bad cannot be loaded: its manifest.json has the kind {kind!r}, which must be one of latent "
        "diffusion, latent video, exact denoiser, diffusers."
    )


@pytest.mark.parametrize("name", ["m" * 300, "\0", "good/../nothing"])
def test_a_name_that_is_none_is_refused(models, name):
    with pytest.raises(core.ModelError, match="There is no model"):
        core.load(name)


def test_the_command_line_lists_the_good_and_names_the_broken(models, capsys):
    from core.__main__ import main

    write(models / "bad", "{")
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["good", "twin"]
    assert err.startswith("error: bad/manifest.json is not JSON")


@pytest.mark.parametrize("file", manifest.EXTRAS)
def test_shipped_extras_are_as_their_manifest_says_and_an_altered_one_is_refused(tmp_path, file):
    for name in ("broad", "starter"):
        assert manifest.extra(store.MODELS / name, file) == store.MODELS / name / file
    for part in ("manifest.json", file):
        shutil.copy(store.MODELS / "starter" / part, tmp_path / part)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[:-1])
    with pytest.raises(core.ModelError, match=f"{file} is damaged or altered"):
        manifest.extra(tmp_path, file)
    manifest.record(tmp_path, file)
    assert manifest.extra(tmp_path, file) == tmp_path / file
    (tmp_path / file).unlink()
    with pytest.raises(core.ModelError, match=f"{file} is missing"):
        manifest.extra(tmp_path, file)


def test_a_full_disk_is_told_on_the_command_line_in_a_line(monkeypatch, capsys):
    import core.__main__

    def full(args):
        raise OSError(errno.ENOSPC, "No space left on device", "apple.npz")

    monkeypatch.setattr(core.__main__, "_models", full)
    assert core.__main__.main(["models"]) == 2
    assert capsys.readouterr().err == "error: [Errno 28] No space left on device: 'apple.npz'\n"


def test_what_a_manifest_may_predict_is_what_guidance_reads():
    assert set(manifest.PREDICTIONS) == set(KINDS)
