"""What every mutant finds running: the server is started once, before the first one is forked."""

from models.embedded import Embedded


def test_one_server_serves_all_mutants(server: Embedded) -> None:
    assert server.url
