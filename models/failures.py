"""What PostgreSQL, its driver and the ORM say, as failures of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import DBConnectionError, OperationalError, ValidationError

import errors


@contextmanager
def typed_failures() -> Iterator[None]:
    """Around what is asked of the server; see `database.transaction`."""
    try:
        yield
    except Exception as error:
        if (failure := typed(error)) is error:
            raise
        raise failure from error


def typed(error: BaseException) -> BaseException:
    """The failure of ours that it is; itself where it is none."""
    match error:
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return errors.Conflict(is_passing=True)
        case asyncpg.QueryCanceledError():
            return errors.Timeout()
        case ValidationError():
            return errors.InvalidInput([])
        case OperationalError() if isinstance(error.args[0], asyncpg.DataError):
            return errors.InvalidInput([])
    return errors.ServiceUnavailable() if isinstance(error, _AWAY) else error


_AWAY = (
    OSError,
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # also said of a connection that was cut between two statements
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
