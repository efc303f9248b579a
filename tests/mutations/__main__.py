"""What is broken on purpose is noticed by a test, or listed: `python -m tests.mutations`.

Each result is kept in `.mutations/`; a run tries what is new or rewritten and what survived before.
In the end it writes docs/mutations.md.
"""

import argparse

import pytest

from tests.mutations import mutants, page, targets
from tests.mutations.results import Results
from tests.mutations.runner import Runner
from tests.mutations.targets import Target

_OPTIONS = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


def main() -> None:
    asked = _arguments()
    results = Results()
    for name, target in targets.TARGETS.items():
        if not asked.names or {name, *target.modules} & {*asked.names}:
            _break(target, results, asked)
    page.write(results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets or modules; all, if there are none")
    parser.add_argument("--again", action="store_true", help="try also what was killed before")
    parser.add_argument("--survivors", action="store_true", help="try those alone that lived")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th mutant")
    parser.add_argument("--most", type=int, default=80, metavar="N", help="tests for each, 80 else")
    return parser.parse_args()


def _break(target: Target, results: Results, asked: argparse.Namespace) -> None:
    named = [each for each in target.modules if each in asked.names] or target.modules
    chosen = [mutant for each in named for mutant in mutants.of(each)[:: asked.every]]
    if not asked.again:
        chosen = [each for each in chosen if results.wanted(each, new=not asked.survivors)]
    if chosen:
        plugin = Runner(chosen, target.modules, results.keep)
        plugin.most = asked.most
        pytest.main([*_OPTIONS, targets.FIRST, *filter(targets.exists, target.tests)], [plugin])


if __name__ == "__main__":
    main()
