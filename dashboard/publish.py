"""`python -m dashboard publish <user>/<name>`: this repository as a Hugging Face Space.

A plain git push is refused there: it holds files over 10 MB, and binary ones. huggingface_hub, which Gradio brings
along, uploads such files its own way. What a Space does not need stays here: tests, training and its data.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

import yaml

from core.errors import RequestError
from core.writing import writable_folder

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("README.md", "LICENSE", "requirements.txt", "core", "dashboard", "assets/models", "assets/gallery/LICENSE.md")
LEFT_OUT = {".pyc", ".pyi"}
TRAINING = Path("core/training")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}  # that a Space's card may have


def files(root: Path = ROOT) -> list[Path]:
    """What a Space needs, relative to root, in order; FileNotFoundError where a part is missing."""
    found = []
    for part in PARTS:
        path = root / part
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: a Space needs it.")
        inside = path.rglob("*") if path.is_dir() else [path]
        found += [p.relative_to(root) for p in inside if p.is_file()]
    return sorted(p for p in found if p.suffix not in LEFT_OUT and TRAINING not in p.parents)


def front_matter(root: Path = ROOT) -> dict:
    """What README.md tells a Space of itself: the YAML between its first two lines of dashes."""
    _, text, _ = (root / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(text)


def problems(root: Path = ROOT) -> list[str]:
    """Why a Space would not start from these files, a sentence each."""
    told, found, planned = front_matter(root), [], files(root)
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line.count("==") == 1)
    for name in ("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"):
        if name not in told:
            found.append(f"The front matter of README.md lacks {name}.")
    if told.get("sdk") != "gradio":
        found.append(f"sdk is {told.get('sdk')!r}: it must be gradio.")
    if told.get("sdk_version") != pinned.get("gradio"):
        found.append(f"sdk_version is {told.get('sdk_version')}, requirements.txt has gradio {pinned.get('gradio')}.")
    if Path(str(told.get("app_file"))) not in planned:
        found.append(f"app_file is {told.get('app_file')}: no such file is uploaded.")
    found += [f"{c} is {told[c]}: it must be one of {', '.join(sorted(COLOURS))}." for c in ("colorFrom", "colorTo")
              if c in told and told[c] not in COLOURS]  # fmt: skip
    found += [f"requirements.txt: a Space cannot read {line!r}." for line in lines if line.startswith(("-r", "-e"))]
    return found


def stage(folder: Path, root: Path = ROOT) -> list[Path]:
    """Copy what a Space needs into an empty folder; returns the files."""
    planned = files(root)
    for path in planned:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, folder / path)
    return planned


def summary(planned: list[Path], root: Path = ROOT) -> str:
    sizes = {path: (root / path).stat().st_size for path in planned}
    largest = sorted(sizes, key=sizes.get, reverse=True)[:5]
    rows = "\n".join(f"  {sizes[path] / 1e6:6.1f} MB  {path}" for path in largest)
    return f"{len(planned)} files, {sum(sizes.values()) / 1e6:.0f} MB; the largest:\n{rows}"


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m dashboard publish", description="Put this page onto a Space.")
    parser.add_argument("name", help="<user>/<name> of the Space; made where there is none")
    parser.add_argument("--private", action="store_true", help="nobody but you may open it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be uploaded, and do nothing")
    parser.add_argument("--folder", type=Path, help="copy the files into this empty folder instead of uploading them")
    parser.add_argument("--yes", action="store_true", help="do not ask before the upload")
    options = parser.parse_args(words)
    if not NAME.fullmatch(options.name):
        sys.exit(f"The name is {options.name!r}: it must be <user>/<name>, of letters, digits, '.', '_' and '-'.")
    if options.folder:
        try:
            writable_folder("folder", options.folder)
        except RequestError as error:
            sys.exit(str(error))
        if options.folder.exists() and any(options.folder.iterdir()):
            sys.exit(f"{options.folder} is not empty.")
    if found := problems():
        sys.exit("\n".join(found))
    print(summary(files()))
    if options.dry_run:
        return
    if options.folder:
        stage(options.folder)
        print(options.folder)
        return
    _upload(options)


def _upload(options: argparse.Namespace) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    api = HfApi()
    try:
        user = api.whoami()["name"]
    except (LocalTokenNotFoundError, HfHubHTTPError, OSError) as error:
        sys.exit(f"You are not logged in, or the hub does not answer: run `hf auth login` first. ({error})")
    print(f"Logged in as {user}; these files go to the {'private' if options.private else 'public'} {options.name}.")
    if not options.yes and input("Upload? [y/N] ").strip().lower() not in ("y", "yes"):
        sys.exit("Nothing was uploaded.")
    try:
        place = api.create_repo(
            options.name, repo_type="space", space_sdk="gradio", private=options.private, exist_ok=True
        )
        api.upload_folder(
            repo_id=options.name,
            repo_type="space",
            folder_path=ROOT,
            allow_patterns=[path.as_posix() for path in files()],
            commit_message="Publish Driftscope",
        )
    except (HfHubHTTPError, OSError) as error:
        sys.exit(f"The upload did not succeed: {error}")
    print(place)
