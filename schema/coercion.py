"""What is said of a value that has not the expected type: never the value itself.

The library ends its sentences with what was sent, be it a password. Of each sentence that it is
known to say, what comes before the value is kept; of every other, nothing.
"""

import re

from graphql import GraphQLError, GraphQLSyntaxError, ValuesOfCorrectTypeRule

_KNOWN = re.compile(
    r"Expected (?:a )?value of (?:non-null )?type '[^' ]+'"
    r"(?: to be (?:an object|provided)| not to be None| to include required field '\w+'"
    r"| not to include unknown field '\w+')?"
    r"|\w+ cannot represent (?:an? )?(?:value|non[- ][- \w]*?value)"
    r"|Value cannot represent an? \w+"
    r"|Enum '\w+' cannot represent non-(?:enum|string) value"
    r"|Expected variable '\$\w+' provided to .*"
    r"|Within OneOf Input Object type .*"
    r"|A code is a string"
    r"|Name an entity by .*"
)
_UNKNOWN_ENUM = "' does not exist in "
_HINT = re.compile(r" Did you mean [^?]*\?")
_NOTHING = "The value has not the expected type."


class ValuesOfCorrectType(ValuesOfCorrectTypeRule):
    """As the library has it, but for what it says."""

    def report_error(self, error: GraphQLError) -> None:
        super().report_error(GraphQLError(discreet(error.message), error.nodes))


def discreet(message: str) -> str:
    """A sentence of the library about a value, without the value."""
    _, is_enum, about = message.rpartition(_UNKNOWN_ENUM)
    if message.startswith("Value '") and is_enum:
        return f"There is no such value in {about}"
    known = _KNOWN.match(message)
    if known is None:
        return _NOTHING
    hint = _HINT.search(message, known.end())
    return f"{known[0].removesuffix('.')}.{hint[0] if hint else ''}"


def of_variable(error: GraphQLError) -> GraphQLError:
    """Of a request's variables; what is no value's fault stays as it is."""
    cause = error.original_error
    if not isinstance(cause, GraphQLError):
        return error
    where = error.message.removesuffix(cause.message)
    return GraphQLError(where + discreet(cause.message), error.nodes)


def of_syntax(error: GraphQLSyntaxError) -> GraphQLSyntaxError:
    """Of a text that stands where none is expected, only that it is one."""
    position = next(iter(error.positions or (0,)))
    source = error.source
    assert source is not None  # noqa: S101 what was parsed
    if source.body[position : position + 1] != '"':
        return error
    kinds = re.search(r"\b(?:Block)?String ", error.message)
    said = error.message[: kinds.end() - 1] if kinds else "Syntax Error: Unexpected String"
    return GraphQLSyntaxError(source, position, f"{said.removeprefix('Syntax Error: ')}.")
