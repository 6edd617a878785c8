"""`make stack`, through nginx and TLS: what its operator sees, what people do with it, and that nothing of it stays behind."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.page.dropping import hand_over
from tests.page.person import Person
from tests.page.uploading import await_done, open_folder
from tests.servers.cairn_server import wait_until
from tests.servers.ports import free_ports
from tests.servers.processes import freeze
from tests.stack.native_stack import NativeStack, listening, native_stack
from tools.stack.composition import services
from tools.stack.places import DOOR, free_places, keep, kept_places
from tools.stack.programs import program
from tools.stack.secrets_files import read, write_secrets

SERVICES = {"identity", "metadata", "sync", "chunker", "block-storage", "worker", "worker-2", "beat"}
SERVERS = {"postgres", "redis", "seaweedfs", "nginx"}


def bucket_of(stack: NativeStack) -> str:
    with stack.http(stack.token) as http:
        answer = http.post("/buckets", json={"title": f"Photos {secrets.token_hex(4)}"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


def test_every_service_is_a_process_of_its_own_that_says_where_it_is(stack: NativeStack) -> None:
    assert set(stack.services) == SERVICES | SERVERS
    assert len(set(stack.processes().values())) == len(SERVICES | SERVERS)
    assert set(stack.processes().values()) <= set(stack.all_processes())
    for service in SERVICES:
        assert httpx.get(f"{stack.services[service]}/healthz").status_code == 200, service
    assert stack.file.keys() == {"services", "database", "store", "broker"}
    assert (stack.data / "run" / "stack.json").stat().st_mode & 0o777 == 0o600


def test_the_ready_line_is_the_last_and_readyz_is_green_from_then_on(stack: NativeStack) -> None:
    assert stack.output.splitlines()[-1].startswith(f"Cairn is ready: {stack.url} http://127.0.0.1:")
    with stack.http("") as http:
        answer = http.get(f"{stack.url}/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["services"].values()) == {"ok"}


def test_all_processes_of_ours_together_take_less_than_840_megabytes(stack: NativeStack) -> None:
    """As they are told by the kernel, pages that several have counted once; docs/services.md says how much at rest, and of what."""
    taken = stack.memory_bytes()
    assert taken.keys() == SERVICES | {"nginx"}
    assert all(one > 10_000_000 for one in taken.values()), taken
    assert sum(taken.values()) < 840_000_000, taken


def test_a_file_goes_up_by_curl_and_a_worker_reads_every_byte_of_it(stack: NativeStack, tmp_path: Path) -> None:
    content = secrets.token_bytes(3_000_000)
    (tmp_path / "file").write_bytes(content)
    url = f"{stack.url}/api/v1/buckets/{bucket_of(stack)}/content/a.bin"
    call = [*stack.curl, "-H", f"Authorization: Bearer {stack.token}", url]

    made = json.loads(subprocess.check_output([*call, "-T", str(tmp_path / "file")]))
    assert subprocess.check_output(call) == content
    with stack.http(stack.token) as http:
        wait_until(lambda: http.get(f"/sync-events/{made['file_id']}/status").json()["sync_status"] == "completed", 60)


def test_cairn_cp_trusts_the_certificate_it_is_told_of_and_no_other(stack: NativeStack, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(secrets.token_bytes(5_000_000))
    place = f"cairn:{bucket_of(stack)}/b.bin"

    stack.cairn("cp", str(tmp_path / "up"), place)
    stack.cairn("cp", place, str(tmp_path / "down"))
    refused = stack.cairn("ls", place, check=False, SSL_CERT_FILE="")

    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()
    assert refused.returncode != 0
    assert "certificate" in refused.stderr


def test_the_first_administrator_signs_in_with_the_password_that_was_printed(
    stack: NativeStack, browser: Browser
) -> None:
    told = dict(line.split(": ", 1) for line in stack.output.splitlines() if ": " in line)
    context = browser.new_context(base_url=stack.url, ignore_https_errors=True)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("E-mail").fill(told["An administrator was made"])
    page.get_by_label("Password", exact=True).fill(told["Password, shown only now"].strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="New bucket")).to_be_visible()
    context.close()


def test_the_page_sends_a_file_and_is_told_by_itself_that_a_worker_has_read_every_byte(
    stack: NativeStack, browser: Browser
) -> None:
    context = browser.new_context(base_url=stack.url, ignore_https_errors=True)
    person = Person.register(stack, context)
    bucket = person.bucket()
    open_folder(person, bucket)
    hand_over(person.page, [("plan.txt", secrets.token_bytes(1_500_000))])
    await_done(person.page)
    row = person.page.get_by_role("row", name="plan.txt")
    expect(row).to_be_visible()
    expect(row.get_by_text("Verified")).to_be_visible(timeout=60_000)
    person.http.close()
    context.close()


@pytest.mark.full
def test_the_administrators_verbs_work_on_what_stack_json_names(stack: NativeStack) -> None:
    stack.cairn("user", "add", "anna@example.org", "--password-stdin", stdin="a very long password")
    token = stack.cairn("token", "create", "--email", "anna@example.org").stdout.strip()
    with stack.http(token) as http:
        assert http.get("/me").json()["email"] == "anna@example.org"
    assert json.loads(stack.cairn("doctor", "--json").stdout)["findings"] == []


@pytest.mark.full
def test_a_command_of_the_owners_runs_beside_the_stack(stack: NativeStack, tmp_path: Path) -> None:
    backup = f"file://{tmp_path / 'backup'}"
    made = stack.make("once", "backup", "create", "--new", "--at", backup, "--json")
    listed = stack.make("once", "backup", "list", "--at", backup, "--json")
    assert [one["id"] for one in json.loads(listed.stdout)["items"]] == [json.loads(made.stdout)["id"]]
    assert stack.make("once", "backup", "list", "--at", "file:///nowhere", check=False).returncode != 0
    assert stack.make("once", check=False).stderr.startswith("cairn: ARGS is not given")
    assert "make stack-stop" in stack.make("once", "doctor", "--adopt", "--yes", check=False).stderr
    assert stack.process("metadata")


@pytest.mark.full
@pytest.mark.timeout(900)
def test_an_empty_stack_is_filled_from_a_backup_and_its_lost_catalogue_from_its_own_store(
    stack: NativeStack, tmp_path: Path
) -> None:
    (tmp_path / "up").write_bytes(secrets.token_bytes(3_000_000))
    place = f"cairn:{bucket_of(stack)}/b.bin"
    stack.cairn("cp", str(tmp_path / "up"), place)
    backup = {"CAIRN_BACKUP": f"file://{tmp_path / 'backup'}"}
    stack.make("once", "backup", "create", "--new", "--at", backup["CAIRN_BACKUP"])

    with native_stack(tmp_path / "other", **backup) as other:
        shutil.copy(stack.data / "secret", other.data / "secret")
        other.make("once", "backup", "restore")
        assert json.loads(other.make("once", "doctor", "--deep", "--json").stdout)["findings"] == []
        assert not other.is_running
        other.start()
        other.cairn("login", other.url, "--token-stdin", stdin=stack.token)
        other.cairn("cp", place, str(tmp_path / "restored"))
        wait_until(lambda: "\ncairn_manifests_behind 0" in httpx.get(f"{other.services['sync']}/metrics").text, 120)
        other.stop()
        (other.data / "postgres").rename(tmp_path / "lost")
        other.make("once", "rebuild")
        other.start()
        token = other.make("once", "token", "create", "--email", stack.email).stdout
        other.cairn("login", other.url, "--token-stdin", stdin=token)
        other.cairn("cp", place, str(tmp_path / "rebuilt"))
    for name in ("restored", "rebuilt"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "up").read_bytes(), name


def test_make_stack_while_it_runs_says_so_and_changes_nothing(stack: NativeStack) -> None:
    before = stack.processes()
    said = stack.make("start").stdout
    assert "runs already" in said
    assert "Password" not in said
    assert said.splitlines()[-1] == stack.output.splitlines()[-1]
    assert stack.processes() == before


def test_one_service_is_restarted_and_the_others_stay(stack: NativeStack) -> None:
    before = stack.processes()
    stack.make("restart", "metadata")
    after = stack.processes()
    assert {service for service in after if after[service] != before[service]} == {"metadata"}
    with stack.http(stack.token) as http:
        assert http.get("/buckets").status_code == 200
    unknown = stack.make("restart", "catalogue", check=False)
    assert unknown.returncode == 1
    assert "catalogue is no service of the stack" in unknown.stderr


def test_a_service_that_is_killed_comes_back_by_itself(stack: NativeStack) -> None:
    before = stack.process("identity")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: stack.process("identity") != before, 30)
    with stack.http("") as http:
        wait_until(lambda: http.get(f"{stack.url}/readyz").status_code == 200, 60)


def test_stop_leaves_no_process_though_one_hangs_and_one_was_killed(stack: NativeStack) -> None:
    """The last one on the stack of the whole file."""
    freeze(stack.process("chunker"))
    os.kill(stack.process("beat"), signal.SIGKILL)
    stack.stop()
    assert stack.all_processes() == []
    assert list((stack.data / "run").glob("*.pid")) == []
    stack.stop()


def test_a_front_door_that_is_taken_is_refused_by_name_and_nothing_is_started(tmp_path: Path) -> None:
    with listening() as port, native_stack(tmp_path, CAIRN_HTTPS_PORT=str(port)) as stack:
        refused = stack.make("start", check=False)
        assert refused.returncode == 1
        assert f"port {port}" in refused.stderr
        assert "CAIRN_HTTPS_PORT" in refused.stderr
        assert stack.all_processes() == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with native_stack(tmp_path) as stack:
        shutil.rmtree(stack.data)
        stack.data.write_text("no folder")
        refused = stack.make("start", check=False)
        assert refused.returncode == 1
        assert f"{stack.data} cannot be made" in refused.stderr
        assert "CAIRN_DATA" in refused.stderr


def test_a_service_that_cannot_run_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with native_stack(tmp_path, CAIRN_PLAIN_HTTP="sometimes") as stack:
        refused = stack.make("start", check=False)
        assert refused.returncode == 1
        assert "nginx does not run" in refused.stderr
        assert "CAIRN_PLAIN_HTTP" in refused.stderr
        assert stack.all_processes() == []


def test_stop_finds_what_a_lost_supervisor_and_a_deleted_folder_left_running(tmp_path: Path) -> None:
    with native_stack(tmp_path) as stack:
        left = subprocess.Popen(["sleep", "300"], env={"CAIRN_STACK": str(stack.places.run)})
        other = subprocess.Popen(["sleep", "300"], env={"CAIRN_STACK": f"{stack.places.run}-of-another"})
        wait_until(lambda: left.pid in stack.all_processes())
        shutil.rmtree(stack.data)
        stack.stop()
        assert left.wait(10) == -signal.SIGTERM
        assert other.poll() is None
        other.kill()
        other.wait()


def test_ports_that_somebody_else_has_are_left_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, port in zip(DOOR, free_ports(2), strict=True):
        monkeypatch.setenv(name, str(port))
    with listening() as port:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "ports.json").write_text(json.dumps({"metadata": port}))
        places, moved = free_places(tmp_path)
    assert places.ports["metadata"] != port
    assert f"port {port} is taken: metadata is on {places.ports['metadata']}" in moved


def test_more_of_a_service_have_ports_of_their_own_and_the_others_are_told_of_all(tmp_path: Path) -> None:
    two = {"CAIRN_PUBLIC_URL": "https://localhost", "CAIRN_CHUNKER_REPLICAS": "2", "CAIRN_WORKER_REPLICAS": "3"}
    found = services(two, frozenset({"seaweedfs"}))
    assert found.keys() >= {"chunker", "chunker-2", "worker", "worker-2", "worker-3"}
    places, _ = free_places(tmp_path, found.keys())
    keep(places)
    both = ",".join(f"http://127.0.0.1:{places.ports[name]}" for name in ("chunker", "chunker-2"))
    assert kept_places(tmp_path).translated(found["sync"].environment["CAIRN_CHUNKER"]) == both
    own = program(found["chunker-2"], places).command
    assert list(own[-5:]) == ["serve", "--only", "chunker", "--port", str(places.ports["chunker-2"])]
    # Where there is one again, nobody is told of the other.
    keep(free_places(tmp_path)[0])
    assert "," not in kept_places(tmp_path).translated("http://chunker:8002")


@pytest.mark.full
@pytest.mark.timeout(900)
def test_two_of_each_service_run_natively_and_one_of_each_may_be_killed(tmp_path: Path) -> None:
    rooms = ("identity", "metadata", "sync", "chunker", "block-storage")
    twice = {f"CAIRN_{room.upper().replace('-', '_')}_REPLICAS": "2" for room in rooms}
    (tmp_path / "up").write_bytes(secrets.token_bytes(5_000_000))
    with native_stack(tmp_path / "stack", **twice) as stack:
        stack.start()
        stack.sign_in()
        assert stack.services.keys() == SERVICES | SERVERS | {f"{room}-2" for room in rooms}
        place = f"cairn:{bucket_of(stack)}/b.bin"
        for room in rooms:
            os.kill(stack.process(room), signal.SIGKILL)
            stack.cairn("cp", str(tmp_path / "up"), place)
            stack.cairn("cp", place, str(tmp_path / room))
            assert (tmp_path / room).read_bytes() == (tmp_path / "up").read_bytes()


def test_the_secret_of_a_folder_that_make_run_served_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("ab" * 32)
    places = kept_places(tmp_path)
    keep(places)
    write_secrets(places)
    assert (tmp_path / "secret").read_text().strip() == "ab" * 32
    assert read(places, "secret") == "ab" * 32


def test_services_are_told_where_backups_lie_if_the_operator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = kept_places(tmp_path)
    keep(places)
    for place in ("file:///mnt/backup", ""):
        monkeypatch.setenv("CAIRN_BACKUP", place)
        write_secrets(places)
        assert read(places, "backup_reader") == place


def test_sockets_have_names_that_the_kernel_takes_however_long_the_folders_is(tmp_path: Path) -> None:
    places = kept_places(tmp_path / ("long" * 40) / ("longer" * 20))
    with socket.socket(socket.AF_UNIX) as listener:
        keep(places)
        listener.bind(str(places.sockets / "supervisor.sock.12345"))
    shutil.rmtree(places.sockets)
