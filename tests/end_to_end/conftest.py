"""The product in one process on both of its footings, as five processes, two of each, and behind TLS: the same tests run on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.cairn_server import SignedInServer, running_server
from tests.servers.stack import Stack, running_stack
from tests.stack.native_stack import NativeStack, native_stack

FOOTINGS = ["sqlite-and-disk", "postgresql-and-s3"]
PRODUCTS = [*FOOTINGS, "stack"]
# The core once more on two processes of each room.
ON_TWO_OF_EACH = frozenset({"test_main_job", "test_kill", "test_live_hints", "test_many_clients"})
# What runs once more as its operator starts it, through nginx over TLS.
NATIVELY = frozenset({"test_main_job"})
# What runs against five processes in the quick run; all the rest does so in the full one.
QUICK_ON_STACK = frozenset({"test_main_job", "test_isolation"})
# What asks for shapes and statuses alone, in hundreds of ways: in the quick run on PostgreSQL only, which refuses more by itself.
BAD_REQUESTS = frozenset({"test_bad_input", "test_bad_paths"})
# What asks the process itself, which nobody outside reaches, or works on its files: docs/architecture.md says more.
WITHIN = frozenset(
    {
        "test_dependencies",
        "test_disk_full",
        "test_generated_docs",
        "test_killed_migration",
        "test_leaving",
        "test_rollback_demo",
        "test_soak",
        "test_two_of_each",
        "test_two_truths",
        "test_watching",
        "test_where_from",
    }
)
# Heavy ones that the quick run tries on SQLite and a disk only: on the other footing it has lighter ones of the same promise.
QUICK_ON_ONE = frozenset(
    {
        "test_what_was_acknowledged_survives_kill_9_under_mixed_load",
        "test_sigterm_under_load_ends_in_time_with_nothing_lost",
        "test_200_clients_upload_at_once",
        "test_readers_that_do_not_read_cost_little_and_hold_nobody_up",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--through"):
        config.hook.pytest_deselected(items=[item for item in items if _stays_within(item)])
        items[:] = [item for item in items if not _stays_within(item)]
        return
    for item in items:
        footing = _footing(item)
        is_repeated = "postgresql-and-s3" in footing and getattr(item, "originalname", "") in QUICK_ON_ONE
        if (
            is_repeated
            or footing & {"stack-tls", "two-of-each"}
            or ("sqlite-and-disk" in footing and item.path.stem in BAD_REQUESTS)
            or ("stack" in footing and item.path.stem not in QUICK_ON_STACK)
        ):
            item.add_marker(pytest.mark.full)


def _footing(item: pytest.Item) -> set[object]:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return {params.get(name) for name in ("product", "_shared_product", "footing")}


def _stays_within(item: pytest.Item) -> bool:
    """Whether it says nothing of the front door, or nothing that the same test as five processes does not."""
    is_here = item.path.parent == Path(__file__).parent
    return is_here and (item.path.stem in WITHIN or bool(_footing(item) & {*FOOTINGS, "two-of-each", "stack-tls"}))


def settings_of(footing: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a fresh installation on this footing."""
    if footing == "sqlite-and-disk":
        return {}
    return {
        "CAIRN_DATABASE": request.getfixturevalue("postgresql").fresh_database(),
        "CAIRN_STORE": request.getfixturevalue("seaweedfs").fresh_location(),
    }


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Five processes of the whole file: to start them takes longer than most tests."""
    with running_stack(tmp_path_factory.mktemp("stack"), **settings_of("stack", request)) as running:
        yield running


@pytest.fixture(scope="module")
def two_of_each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Ten processes of the whole file."""
    with running_stack(tmp_path_factory.mktemp("two"), 2, **settings_of("stack", request)) as running:
        yield running


@pytest.fixture(scope="module")
def secure_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """`make stack`, of the whole file."""
    with native_stack(tmp_path_factory.mktemp("secure")) as stack:
        stack.start()
        yield stack


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "product" in metafunc.fixturenames:
        more = ["stack-tls"] if metafunc.definition.path.stem in NATIVELY else []
        more += ["two-of-each"] if metafunc.definition.path.stem in ON_TWO_OF_EACH else []
        metafunc.parametrize("product", [*PRODUCTS, *more], indirect=True)


@pytest.fixture
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SignedInServer]:
    """A running server with a signed-in user who owns nothing, to kill and to start again. One process is of this test alone."""
    if request.param == "stack-tls":
        secure: NativeStack = request.getfixturevalue("secure_stack")
        secure.sign_in()
        yield secure
        return
    if request.param in FOOTINGS:
        with running_server(tmp_path / "server", **settings_of(request.param, request)) as server:
            yield server
        return
    stack: Stack = request.getfixturevalue("stack" if request.param == "stack" else "two_of_each")
    if request.path.stem not in QUICK_ON_STACK:
        stack.kill()
        stack.start()  # What other tests made it take of memory is not this one's.
    stack.sign_in()
    yield stack
    stack.restore()


@pytest.fixture(params=PRODUCTS, scope="module")
def _shared_product(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedInServer]:
    if request.param == "stack":
        yield request.getfixturevalue("stack")
        return
    with running_server(tmp_path_factory.mktemp("server"), **settings_of(request.param, request)) as server:
        yield server


@pytest.fixture
def lasting_product(_shared_product: SignedInServer) -> SignedInServer:
    """A server of the whole file, with a user of this test alone. Whoever kills it needs `product`."""
    _shared_product.sign_in()
    return _shared_product


@pytest.fixture(scope="module")
def _shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInServer]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def lasting_server(_shared_server: SignedInServer) -> SignedInServer:
    """As `lasting_product`, on SQLite and a disk only."""
    _shared_server.sign_in()
    return _shared_server
