"""Draws what `run` measured, as SVG that is readable on white and on black: bars, and the line that says whether cost
grows with the number of processes. Both on logarithmic scales."""

import html
import math

WIDTH, LABEL, RIGHT = 860, 230, 120
BAR, GAP, HEAD = 13, 12, 34
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .card { fill: #ffffff; stroke: #d0d7de }
  .title { font-weight: 600; font-size: 15px }
  .small, .value, .best { font-size: 11.5px; fill: #59636e }
  .value, .best { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
  .best { font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d7de; stroke-width: 1; stroke-dasharray: 2 3 }
  .floor { fill: #afb8c1 } .ours { fill: #1a7f64 } .peer { fill: #d9822b }
  path.floor, path.ours { fill: none; stroke-width: 2 } path.floor { stroke: #afb8c1 } path.ours { stroke: #1a7f64 }
  .allowed { stroke: #cf222e; stroke-width: 2 }
  .guide { stroke: #59636e; stroke-width: 1; stroke-dasharray: 6 5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .card { fill: #0d1117; stroke: #30363d } .small, .value { fill: #9198a1 }
    .value, .best { stroke: #0d1117 } .best { fill: #e6edf3 } .grid { stroke: #30363d } .floor { fill: #6e7681 }
    .ours { fill: #2ea98a } .peer { fill: #e09b4f } path.floor { stroke: #6e7681 } path.ours { stroke: #2ea98a }
    .allowed { stroke: #ff7b72 } .guide { stroke: #9198a1 }
  }
"""
TO_SCALE = {"us": 1e-3, "ms": 1.0, "MB": 1.0}


class Scale:
    """Logarithmic, from one power of ten to another."""

    def __init__(self, values, begin, end):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
        self._begin, self._end = begin, end

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self._begin + (self._end - self._begin) * max(0.0, min(1.0, share))

    @property
    def powers(self):
        return [10.0 ** exponent for exponent in range(self.low, self.high + 1)]


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{html.escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def shown(value, unit):
    """A number and its unit as people write them."""
    value *= TO_SCALE.get(unit, 1.0)
    if unit == "MB":
        return f"{value:.0f} MB" if value >= 100 else f"{value:.2g} MB" if value < 1 else f"{value:.1f} MB"
    for name, size in (("s", 1000.0), ("ms", 1.0), ("µs", 1e-3)):
        if value >= size or name == "µs":
            number = value / size
            return f"{number:.0f} {name}" if number >= 100 else f"{number:.1f} {name}"
    return ""


def document(height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
            f'height="{height:.0f}" role="img" aria-label="{html.escape(title)}">\n<style>{STYLE}</style>\n'
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8" class="card"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def legend(peers):
    words = [("floor", "what the machine needs at least"), ("ours", "keenlance"),
             ("peer", ", ".join(peers) or "its predecessors")]
    parts, x = [], 20.0
    for kind, what in words[:3 if peers else 2]:
        parts += [f'<rect x="{x:.0f}" y="41" width="12" height="12" rx="2" class="{kind}"/>', text(x + 18, 51, what)]
        x += 34 + 7.2 * len(what)
    return parts + [line(x + 2, 40, x + 2, 54, "allowed"), text(x + 10, 51, "allowed")]


def panel(rows, title, top):
    """(parts, where it ends) of the bars of one unit."""
    bars = [[(kind, getattr(row, kind)) for kind in ("floor", "ours", "peer") if getattr(row, kind)] for row in rows]
    factors = [TO_SCALE[row.unit] for row in rows]
    scale = Scale([value * factor for each, factor in zip(bars, factors) for _, value in each], LABEL, WIDTH - RIGHT)
    parts, values, y = [text(20, top + 16, title, "title")], [], top + HEAD
    for row, each, factor in zip(rows, bars, factors):
        parts.append(text(LABEL - 12, y + BAR * len(each) / 2 + 4.5, row.short, anchor="end"))
        if row.allowed:
            x = scale(row.allowed * factor)
            values.append(line(x, y - 3, x, y + BAR * len(each) + 1, "allowed"))
        for kind, value in each:
            end = max(scale(value * factor), LABEL + 2)
            parts.append(f'<rect x="{LABEL}" y="{y:.1f}" width="{end - LABEL:.1f}" height="{BAR - 2}" rx="2" '
                         f'class="{kind}"/>')
            values.append(text(end + 6, y + BAR - 3, shown(value, row.unit), "best" if kind == "ours" else "value"))
            y += BAR
        y += GAP
    unit = "MB" if rows[0].unit == "MB" else "ms"
    grid = [line(scale(power), top + HEAD - 6, scale(power), y - 6, "grid") for power in scale.powers]
    ticks = [text(scale(power), y + 8, shown(power, unit).replace(".0 ", " "), "small", "middle")
             for power in scale.powers]
    return grid + parts + values + ticks, y + 26


def bars(rows, machine):
    """The picture of all rows that have a short name."""
    rows = [row for row in rows if row.short and row.ours]
    title = "What keenlance costs, beside what the machine needs at least"
    body = [text(20, 28, title, "title")]
    body += legend(list(dict.fromkeys(row.peer_name for row in rows if row.peer)))
    y = 66.0
    for name, units in (("Time", ("us", "ms")), ("Memory", ("MB",))):
        of_unit = [row for row in rows if row.unit in units]
        if of_unit:
            parts, y = panel(of_unit, name, y)
            body += parts
    body.append(text(WIDTH - 20, y + 4, f"tests/bench/run; both scales are logarithmic; {machine}", "small", "end"))
    return document(y + 18, title, body)


def growth(points):
    """The picture of [(processes, floor ms, tick ms)]."""
    title = "A steady tick of memmon from 10 to 10,000 processes"
    top, bottom, right = 76, 356, WIDTH - 150
    across = Scale([point[0] for point in points], 84, right)
    down = Scale([value for point in points for value in point[1:]], bottom, top)
    body = [text(20, 28, title, "title"),
            text(20, 50, "Processor time, on logarithmic scales; the broken line is what grows as their number does.",
                 "small")]
    for power in across.powers:
        body += [line(across(power), top, across(power), bottom, "grid"),
                 text(across(power), bottom + 20, f"{power:,.0f}", "small", "middle")]
    for power in down.powers:
        body += [line(84, down(power), right, down(power), "grid"),
                 text(76, down(power) + 4, shown(power, "ms").replace(".0 ", " "), "small", "end")]
    body.append(text((84 + right) / 2, bottom + 42, "processes of supervisord", "small", "middle"))
    count, _, last = points[-1]
    first = max(points[0][0], 10 ** down.low * count / last)  # where it leaves the picture
    body.append(line(across(first), down(last * first / count), across(count), down(last), "guide"))
    for place, kind, name in ((1, "floor", "bare reads"), (2, "ours", "memmon")):
        path = " ".join(f"{'L' if number else 'M'}{across(point[0]):.1f} {down(point[place]):.1f}"
                        for number, point in enumerate(points))
        body.append(f'<path d="{path}" class="{kind}"/>')
        body += [f'<circle cx="{across(point[0]):.1f}" cy="{down(point[place]):.1f}" r="4" class="{kind}"/>'
                 for point in points]
        body.append(text(right + 10, down(points[-1][place]) + (12 if kind == "floor" else 0),
                         f"{name}: {shown(points[-1][place], 'ms')}", "best" if kind == "ours" else "value"))
    return document(bottom + 58, title, body)
