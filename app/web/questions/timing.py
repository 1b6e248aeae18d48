"""How long visitors wait, and for which step."""

from __future__ import annotations

from app.language import gettext as _
from app.language import thousands
from app.sentences import N_
from app.usage.counting import STAGES
from app.usage.histograms import times
from app.usage.statistics import Use
from app.web import plots
from app.web.questions.answer import Answer, Column, labels, named, seconds, step_column

SHARES = (0.5, 0.95, 0.99)
PERCENTILES = (Column("p50 ms", "ms"), Column("p95 ms", "ms"), Column("p99 ms", "ms"))
STAGE_WORDS = {
    "decode": N_("read"),
    "detect": N_("find"),
    "encode": N_("describe"),
    "search": N_("search"),
    "verify": N_("verify"),
    "total": N_("total"),
}


def waiting(use: Use) -> Answer:
    question = _("How long does an answer take?")
    found = [times(point.counts.of("total"), *SHARES) for point in use.points]
    names = (_("half of them (p50)"), _("19 of 20 (p95)"), _("99 of 100 (p99)"))
    series = [(name, [None if one is None else one[order] / 1000 for one in found]) for order, name in enumerate(names)]
    whole = times(use.whole.of("total"), *SHARES)
    caption = _("no searches yet")
    if whole:
        caption = _(
            "half of the answers took no longer; 19 of 20 took at most %(time)s, 99 of 100 %(longest)s",
            time=seconds(whole[1]), longest=seconds(whole[2]),
        )  # fmt: skip
    rows = [(point.begin, *(one or (None, None, None))) for point, one in zip(use.points, found, strict=True)]
    plot = plots.lines(question, labels(use), series, unit="s")
    legend = tuple((f"line-s{order}", name) for order, name in enumerate(names))
    number = seconds(whole[0]) if whole else "–"
    return Answer("waiting", question, number, caption, plot, (step_column(use), *PERCENTILES), rows, use.period.step, legend)


def stages(use: Use) -> Answer:
    question = _("Where does the time go?")
    found = {stage: times(use.whole.of(stage), *SHARES) for stage in STAGES}
    rows = [(named(STAGE_WORDS, stage), one[0], one[1], one[2]) for stage, one in found.items() if one]
    parts = [row for row in rows if row[0] != _(STAGE_WORDS["total"])]
    slowest = max(parts, key=lambda row: row[1], default=None)
    caption = _("no searches yet")
    if slowest:
        caption = _("is the longest step: %(time)s ms in half of the searches", time=thousands(round(slowest[1])))
    plot = plots.ranges(question, rows, unit="ms") if rows else None
    legend = (("s0", _("half of them (p50)")), ("behind", _("19 of 20 (p95)")), ("reach", _("99 of 100 (p99)")))
    columns = (Column(_("stage")), *PERCENTILES)
    return Answer("stages", question, slowest[0] if slowest else "–", caption, plot, columns, rows, legend=legend)
