"""Another CLIP comes from the cache or from folders that were opened; of all else nothing is told."""

import huggingface_hub
import pytest

from core.errors import RequestError
from dashboard.hosting import HERE, SPACE, Hosting
from dashboard.markup import without_folders
from dashboard.tabs.clip import sources


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    monkeypatch.delenv(sources.ROOTS, raising=False)


@pytest.mark.parametrize("source", ["/etc/passwd", "/no/such/thing", "~/.ssh", "~root", "..", "core/networks", "core",
                                    ".", "x" * 300, "/" + "x" * 299, "../../etc", "a\0b", "file:///etc"])  # fmt: skip
def test_nothing_is_said_of_other_places(source):
    with pytest.raises(RequestError) as error:
        sources.checked(source)
    assert str(error.value).endswith(f"it must be {sources.ALLOWED}.")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """The hub's cache with one model in it."""
    held = tmp_path / "models--openai--clip-vit-base-patch32"
    (held / "refs").mkdir(parents=True)
    (held / "refs" / "main").write_text("abc", "utf-8")
    (held / "snapshots" / "abc").mkdir(parents=True)
    (held / "snapshots" / "abc" / "config.json").write_text("{}", "utf-8")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize("source", ["openai/clip-vit-base-patch32", " openai/clip-vit-base-patch32 ", "", "  "])
def test_hub_ids_of_the_cache_and_the_models_own_are_taken(cache, source):
    assert sources.checked(source) == source.strip()


def test_an_id_tells_no_folder_that_is_there_from_one_that_is_not(cache):
    said = []
    for source in ("core/networks", "core/nothing", "a--b/c", "a..b/c"):
        with pytest.raises(RequestError) as error:
            sources.checked(source)
        said.append(str(error.value).replace(repr(source), ""))
    assert len(set(said)) == 1


def test_folders_below_a_named_one_are_taken_and_no_link_out_of_it(monkeypatch, tmp_path):
    (inside := tmp_path / "clips" / "mine").mkdir(parents=True)
    (tmp_path / "clips" / "out").symlink_to("/etc")
    monkeypatch.setenv(sources.ROOTS, str(tmp_path / "clips"))
    assert sources.checked(str(inside)) == str(inside)
    for source in (tmp_path, tmp_path / "clips" / ".." / "other", tmp_path / "clips" / "out", tmp_path / "clipsy"):
        with pytest.raises(RequestError, match="CLIP"):
            sources.checked(str(source))


@pytest.mark.parametrize(("host", "taken"), [("127.0.0.1", True), ("[::1]", True), ("0.0.0.0", False), (None, False)])
def test_all_folders_are_open_to_this_machine_alone(monkeypatch, tmp_path, host, taken):
    monkeypatch.setenv(sources.ROOTS, "")
    monkeypatch.delenv(sources.ROOTS)
    sources.open_to_local(host)
    if taken:
        assert sources.checked(str(tmp_path)) == str(tmp_path)
    else:
        with pytest.raises(RequestError):
            sources.checked(str(tmp_path))


def test_behind_a_proxy_a_page_is_not_this_machines_alone():
    assert not HERE.proxied
    assert all(hosting.proxied for hosting in (SPACE, Hosting(proxies=1), Hosting(root_path="/driftscope")))


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/home/me/drift/assets/models/broad/dit.safetensors is missing.", "…/broad/dit.safetensors is missing."),
        ("The model in /srv/app/models/x cannot be loaded: '/srv/app/models/x/a.npz'",
         "The model in …/models/x cannot be loaded: '…/x/a.npz'"),
        ("steps is 0: it must be from 1 to 1000.", "steps is 0: it must be from 1 to 1000."),
        ("see https://arxiv.org/abs/2103.00020", "see https://arxiv.org/abs/2103.00020"),
    ],
)  # fmt: skip
def test_no_message_names_the_servers_folders(message, shown):
    assert without_folders(message) == shown
