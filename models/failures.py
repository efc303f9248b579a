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
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise errors.Conflict(is_passing=True) from error
    except asyncpg.QueryCanceledError as error:
        raise errors.Timeout from error
    except ValidationError as error:
        raise errors.InvalidInput([]) from error
    except OperationalError as error:
        if isinstance(error.args[0], asyncpg.DataError):
            raise errors.InvalidInput([]) from error
        raise
    except _AWAY as error:
        raise errors.ServiceUnavailable from error


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
