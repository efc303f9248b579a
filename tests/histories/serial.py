"""Whether operations that ran at the same moment were answered as if they had come one by one."""

from collections.abc import Callable, Sequence

from tests.histories.rules import Model
from tests.histories.stage import Step

Fits = Callable[[Model], bool]


def order(model: Model, answered: Sequence[tuple[Step, str]], fits: Fits) -> Sequence[Step] | None:
    """Steps with their answers, in an order that the model explains and whose end `fits`.

    Answers decide most: an order is given up at the first that the model would not have given. Who
    has ended his account, and was known still when he asked, may be refused in any manner.
    """
    if not answered:
        return [] if fits(model) else None
    for number, (step, refusal) in enumerate(answered):
        after, expected = model.after(step)
        if refusal and step.who in model.ended:
            after, expected = model, refusal
        if expected == refusal:
            rest = order(after, [*answered[:number], *answered[number + 1 :]], fits)
            if rest is not None:
                return [step, *rest]
    return None
