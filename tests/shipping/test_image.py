"""The image: its steps are right as far as they can be read, and those that make Cairn are done here as they are done there."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import httpx
import pytest

from cairn.allocator import MALLOC
from cairn.serve import PORTS
from nginx import nginx_program
from tests.project.sources import PROJECT
from tests.servers.ports import free_ports
from tests.shipping.composed import WORK_PORT, our_services
from tests.shipping.dockerfile import Instruction, instructions, let_through

DOCKERFILE = PROJECT / "compose" / "Dockerfile"
STEPS = instructions(DOCKERFILE.read_text())
LAST = max(step.stage for step in STEPS)
CONTEXT = sorted(let_through(PROJECT, (PROJECT / ".dockerignore").read_text()))


def last(word: str) -> list[str]:
    return [step.rest for step in STEPS if step.stage == LAST and step.word == word]


def stages() -> list[str]:
    return [step.rest.rpartition(" AS ")[2] for step in STEPS if step.word == "FROM" and " AS " in step.rest]


def copied(step: Instruction) -> tuple[str | None, list[str]]:
    """From which stage, None for the project's folder, and which files."""
    words = step.rest.split()
    stage = words.pop(0).partition("=")[2] if words[0].startswith("--from=") else None
    return stage, words[:-1]


def test_every_file_that_is_copied_exists_and_is_let_through() -> None:
    sent = {path.relative_to(PROJECT) for path in CONTEXT} | {
        parent for path in CONTEXT for parent in path.relative_to(PROJECT).parents
    }
    for step in STEPS:
        if step.word == "COPY":
            stage, files = copied(step)
            assert stage in {None, *stages()}
            assert stage or {Path(file) for file in files} <= sent, step.rest


def test_no_secret_no_data_and_nothing_built_is_let_through() -> None:
    names = {f"/{path.relative_to(PROJECT).as_posix()}" for path in CONTEXT}
    assert {"/pyproject.toml", "/README.md", "/nginx/conf/nginx.conf", "/frontend/src/main.tsx"} <= names
    wrong = ("/secrets/", "/.env", "/dist/", "/node_modules/", "/__pycache__/", "/data/", "/tests/", "/.git/")
    assert [name for name in names if any(part in name for part in wrong)] == []


def test_processes_have_the_allocators_settings_from_the_start() -> None:
    said = dict(word.split("=", 1) for rest in last("ENV") for word in rest.split())
    assert MALLOC.items() <= said.items()


def test_every_room_of_the_project_is_let_through() -> None:
    include = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"][
        "include"
    ]
    tops = {path.relative_to(PROJECT).parts[0] for path in CONTEXT}
    assert {pattern.removesuffix("*") for pattern in include} <= tops


def test_the_image_serves_as_nobody_with_the_locked_versions_and_leaves_health_to_others() -> None:
    assert last("USER") == ["10001:10001"]
    assert last("ENTRYPOINT") == ['["cairn"]']
    assert last("HEALTHCHECK") == ["NONE"]
    assert {service["user"] for service in our_services().values()} == {*last("USER")}
    installs = [part for step in STEPS if step.word == "RUN" for part in step.rest.split("&&") if "pip install" in part]
    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)
    assert "npm ci" in " ".join(step.rest for step in STEPS)


def test_its_ports_are_those_that_the_code_listens_on() -> None:
    door = {our_services()["nginx"]["environment"][name] for name in ("CAIRN_HTTP_PORT", "CAIRN_HTTPS_PORT")}
    assert {int(port) for port in last("EXPOSE")[0].split()} == {*PORTS.values(), WORK_PORT, *door}


def test_what_it_is_made_of_is_pinned_by_its_series() -> None:
    assert [step.rest for step in STEPS if step.word == "ARG"] == [
        "PYTHON=python:3.11-slim-bookworm",
        "NODE=node:20-bookworm-slim",
    ]
    assert [step.rest for step in STEPS if step.word == "FROM"] == [
        "${NODE} AS page",
        "${PYTHON} AS built",
        "${PYTHON}",
    ]


@pytest.mark.parametrize("wrong", ["FORM a", "FROM a\nCOPPY b c"])
def test_what_is_no_instruction_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no instruction"):
        instructions(wrong)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with Cairn's wheel, made of exactly what the image is made of, far from the tree."""
    folder = tmp_path_factory.mktemp("image")
    for path in CONTEXT:
        place = folder / "src" / path.relative_to(PROJECT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    shutil.copytree(PROJECT / "frontend" / "dist", folder / "src" / "frontend" / "dist")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    (folder / "wheels").mkdir()
    subprocess.run(
        [sys.executable, "-c", build, folder / "wheels"], cwd=folder / "src", check=True, capture_output=True
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [
        Path(sys.executable).parent / "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        python,
    ]
    subprocess.run([*install, *(folder / "wheels").glob("*.whl")], check=True)
    shutil.rmtree(folder / "src")
    # What Cairn stands on comes from the tests' own environment; Cairn itself does not: no .pth file of it is read there.
    site = next((folder / "venv" / "lib").glob("*/site-packages"))
    (site / "stands_on.pth").write_text(f"{next((Path(sys.prefix) / 'lib').glob('*/site-packages'))}\n")
    return folder / "venv" / "bin"


def run(installed: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    nginx = nginx_program()
    path = f"{nginx.parent}:{os.environ['PATH']}"
    return subprocess.run(
        [installed / "cairn", *arguments], cwd="/", capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path, **environment},
    )  # fmt: skip


@pytest.mark.full
def test_the_wheel_holds_the_page_the_front_door_and_every_migration(installed: Path) -> None:
    wheel = next((installed.parents[1] / "wheels").glob("*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = [
        *PROJECT.glob("nginx/conf/*.conf"),
        *PROJECT.glob("*/migrations/**/*.py"),
        *PROJECT.glob("*/migrations/*.mako"),
        *(path for room in PORTS for path in (PROJECT / room.value.replace("-", "_")).rglob("*.json")),
        *(path for path in (PROJECT / "frontend" / "dist").rglob("*") if path.is_file()),
    ]
    assert len(needed) > 30
    assert {path.relative_to(PROJECT).as_posix() for path in needed if "__pycache__" not in path.parts} <= names
    assert [name for name in names if name.startswith(("tests/", "tools/", "bench/", "frontend/src"))] == []


@pytest.mark.full
def test_cairn_serves_from_the_wheel_with_its_page(installed: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    environment = {**os.environ, "CAIRN_DATA": str(tmp_path / "data"), "CAIRN_PORT": str(port)}
    with subprocess.Popen(
        [installed / "cairn", "serve"],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert any("is ready" in line for line in server.stdout)
            assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
            assert "<!doctype html>" in httpx.get(f"http://127.0.0.1:{port}/").text.lower()
        finally:
            server.terminate()


@pytest.mark.full
def test_the_front_door_is_written_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    rooms = {f"CAIRN_{room}": f"http://127.0.0.1:{port}" for room, port in
             {"METADATA": 8000, "SYNC": 8001, "CHUNKER": 8002, "IDENTITY": 8004}.items()}  # fmt: skip
    done = run(
        installed,
        "front-door",
        "--print",
        CAIRN_DATA=str(tmp_path),
        CAIRN_PUBLIC_URL="https://files.example.org",
        **rooms,
    )
    assert done.returncode == 0, done.stderr
    assert "location = / {" in done.stdout
    assert "upstream chunker { server 127.0.0.1:8002" in done.stdout
