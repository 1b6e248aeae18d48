"""What we answer: how often a work is recognised, how sure we are, and whether visitors agree."""

from __future__ import annotations

import math

from app.language import gettext as _
from app.language import ngettext
from app.language import percent as written_percent
from app.sentences import N_
from app.usage.histograms import shares
from app.usage.statistics import VERDICTS, Use
from app.web import plots
from app.web.questions.answer import Answer, Column, labels, percent, share_of, step_column

VERDICT_WORDS = {
    "identified": N_("identified"),
    "uncertain": N_("uncertain"),
    "not_in_catalogue": N_("not in the catalogue"),
}
FEEDBACK_WORDS = {"right": N_("right"), "wrong": N_("wrong")}


def recognition(use: Use) -> Answer:
    question = _("How often do we recognise the work?")
    found = [share_of(part, whole) for part, whole in zip(use.series("verdict", "identified"), use.asked, strict=True)]
    identified = use.whole.figures["verdict", "identified"]
    plot = plots.lines(question, labels(use), [(_("identified"), found)], unit="%", top=1.0)
    rows = [(point.begin, point.counts.searches, share) for point, share in zip(use.points, found, strict=True)]
    caption = _("no searches in this period")
    if use.searches:
        caption = ngettext("of %(num)s search named one work", "of %(num)s searches named one work", use.searches)
    columns = (step_column(use), Column(_("searches"), "count"), Column(_("identified share"), "share"))
    number = percent(identified, use.searches)
    return Answer("recognition", question, number, caption, plot, columns, rows, use.period.step)


def verdicts(use: Use) -> Answer:
    question = _("What do we answer?")
    parts = [(_(VERDICT_WORDS[verdict]), use.series("verdict", verdict)) for verdict in VERDICTS]
    unknown = use.whole.figures["verdict", "not_in_catalogue"]
    rows = [(point.begin, *(values[place] for _named, values in parts)) for place, point in enumerate(use.points)]
    columns = (step_column(use), *(Column(name, "count") for name, _values in parts))
    legend = tuple((f"s{order}", name) for order, (name, _values) in enumerate(parts))
    plot = plots.bars(question, labels(use), parts)
    caption, number = _("answered “not in the catalogue”"), percent(unknown, use.searches)
    return Answer("verdicts", question, number, caption, plot, columns, rows, use.period.step, legend)


def confidence(use: Use) -> Answer:
    question = _("How sure are we of the works that we name?")
    found = [shares(point.counts.of("probability"), 0.1, 0.5, 0.9) for point in use.points]
    low, middle, high = ([None if one is None else one[place] for one in found] for place in range(3))
    names = (_("median"), _("8 of 10 answers"))
    plot = plots.band(question, labels(use), names, low, middle, high)
    rows = [(point.begin, *(one or (None, None, None))) for point, one in zip(use.points, found, strict=True)]
    whole = shares(use.whole.of("probability"), 0.1, 0.5, 0.9)
    caption = _("no work was found yet")
    if whole:
        caption = _(
            "is the probability of the named work in the middle of all answers; 8 of 10 lie from %(low)s to %(high)s",
            low=written_percent(whole[0]), high=written_percent(whole[2]),
        )  # fmt: skip
    columns = (step_column(use), Column("p10", "share"), Column(_("median"), "share"), Column("p90", "share"))
    number = written_percent(whole[1]) if whole else "–"
    legend = (("line-s0", names[0]), ("band", names[1]))
    return Answer("confidence", question, number, caption, plot, columns, rows, use.period.step, legend)


def agreement(use: Use) -> Answer:
    question = _("Do visitors agree with us?")
    parts = [(_(word), use.series("feedback", kind)) for kind, word in FEEDBACK_WORDS.items()]
    right, wrong = (use.whole.figures["feedback", kind] for kind in FEEDBACK_WORDS)
    rows = [(point.begin, *(values[place] for _named, values in parts)) for place, point in enumerate(use.points)]
    caption = _("nobody has said so yet")
    if right + wrong:
        low, high = wilson(right, right + wrong)
        caption = ngettext(
            "of %(num)s visitor who said so called the answer right (95 %% interval: %(low)s to %(high)s)",
            "of %(num)s visitors who said so called the answer right (95 %% interval: %(low)s to %(high)s)",
            right + wrong, low=written_percent(low), high=written_percent(high),
        )  # fmt: skip
    columns = (step_column(use), *(Column(name, "count") for name, _values in parts))
    legend = tuple((f"s{order}", name) for order, (name, _values) in enumerate(parts))
    plot = plots.bars(question, labels(use), parts)
    return Answer("agreement", question, percent(right, right + wrong), caption, plot, columns, rows, use.period.step, legend)


def wilson(part: int, whole: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, JASA 1927); `whole` ≥ 1."""
    share, spread = part / whole, z * z / whole
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
