"""Where a request comes from: for limits on guessing, behind a proxy of one's own and without."""

from pathlib import Path

from tests.servers.cairn_server import SignedInServer, running_server


def statuses(server: SignedInServer, *claimed: str) -> list[int]:
    """Of eleven wrong passwords, each from another address as the requests claim, or all of one."""
    wrong = {"email": server.email, "password": "wrong password"}
    with server.http("") as http:
        return [
            http.post(
                "/auth/login", json=wrong, headers={"X-Forwarded-For": claimed[number % len(claimed)]}
            ).status_code
            for number in range(11)
        ]


FROM_EVERYWHERE = [f"198.51.100.{number}" for number in range(11)]


def test_an_address_that_a_request_claims_does_not_count(lasting_server: SignedInServer) -> None:
    assert statuses(lasting_server, *FROM_EVERYWHERE) == [401] * 10 + [429]


def test_behind_a_proxy_of_ours_everybody_is_counted_for_themselves(tmp_path: Path) -> None:
    with running_server(tmp_path, CAIRN_TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1") as server:
        assert statuses(server, "192.0.2.1") == [401] * 10 + [429]
        # What stands before the last address that is not ours is the caller's own word.
        assert statuses(server, *(f"{forged}, 192.0.2.1, 10.1.2.3" for forged in FROM_EVERYWHERE)) == [429] * 11
        assert statuses(server, *FROM_EVERYWHERE) == [401] * 11
