"""A picture of bars, in forty lines of our own.

A library would bring a dozen packages to draw five groups of them, and no picture that follows the
reader's light or dark page.
"""

from collections.abc import Mapping, Sequence
from html import escape

from bench.figures import Spread

_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.work{font-weight:600}"
    ".bar{fill:#8c959f}.ours{fill:#0969da}.reach{stroke:#24292f;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#4493f8}"
    ".reach{stroke:#e6edf3}}"
)
_WIDTH, _LABELS, _FIGURES, _ROW, _GAP, _TITLE = 720, 210, 190, 18, 14, 20


def bars(rates: Mapping[str, Sequence[tuple[str, Spread | None]]], *, ours: str) -> str:
    """SVG: for each work the servers' requests a second, with a line from the lowest round to the
    highest; each work has its own scale.
    """
    drawn, top = [], 0
    for work, servers in rates.items():
        drawn.append(f'<text class="work" x="0" y="{top + 14}">{escape(work)}</text>')
        top += _TITLE
        longest = max((spread.high for _, spread in servers if spread), default=1)
        for name, spread in servers:
            drawn.append(_bar(name, spread, longest, top, "ours" if name == ours else "bar"))
            top += _ROW
        top += _GAP
    title = "<title>Requests a second, by work and server</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img">'
    return "\n".join([head, title, f"<style>{_STYLE}</style>", *drawn, "</svg>", ""])


def _bar(name: str, spread: Spread | None, longest: float, top: int, kind: str) -> str:
    scale = (_WIDTH - _LABELS - _FIGURES) / longest
    text = f'<text x="{{x}}" y="{top + 12}"{{more}}>{{text}}</text>'
    label = text.format(x=_LABELS - 8, more=' text-anchor="end"', text=escape(name))
    if spread is None:
        return label + text.format(x=_LABELS, more="", text="not measured")
    low, high = _LABELS + spread.low * scale, _LABELS + spread.high * scale
    width = spread.median * scale
    return (
        f'{label}<rect class="{kind}" x="{_LABELS}" y="{top + 2}" width="{width:.1f}"'
        f' height="{_ROW - 6}"/><line class="reach" x1="{low:.1f}" x2="{high:.1f}" y1="{top + 8}"'
        f' y2="{top + 8}"/>{text.format(x=round(high + 6), more="", text=spread.shown())}'
    )
