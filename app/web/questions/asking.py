"""How many ask, when, by which way, with what, and in which language."""

from __future__ import annotations

from app.language import LANGUAGES, ngettext, thousands
from app.language import gettext as _
from app.sentences import N_
from app.usage import zone
from app.usage.statistics import Use
from app.web import plots
from app.web.plots import Label
from app.web.questions.answer import Answer, Column, labels, named, percent, share_of, step_column, weekdays, when

WAY_WORDS = {
    "upload": N_("upload"),
    "camera": N_("camera"),
    "example": N_("example"),
    "url": N_("link"),
    "catalogue": N_("catalogue picture"),
    "refine": N_("changed photo"),
    "api": N_("API"),
}
DEVICE_WORDS = {
    "phone": N_("phone"),
    "tablet": N_("tablet"),
    "computer": N_("computer"),
    "program": N_("program"),
    "unknown": N_("not known"),
}
NO_LANGUAGE = {"none": N_("no page (API)"), "unknown": N_("not known")}


def searches(use: Use) -> Answer:
    titles = {
        "hour": _("How many searches are there each hour?"),
        "day": _("How many searches are there each day?"),
        "week": _("How many searches are there each week?"),
        "month": _("How many searches are there each month?"),
    }
    question, asked = titles[use.period.step], use.asked
    plot = plots.bars(question, labels(use), [(_("searches"), asked)])
    caption = ngettext("search", "searches", use.searches)
    if use.searches:
        busiest = max(use.points, key=lambda point: point.counts.searches)
        caption = ngettext(
            "search in %(days)s days; most on %(day)s (%(most)s)", "searches in %(days)s days; most on %(day)s (%(most)s)",
            use.searches, days=thousands(use.period.length), day=when(busiest.begin, use.period.step).long,
            most=thousands(busiest.counts.searches),
        )  # fmt: skip
    rows = [(point.begin, point.counts.searches) for point in use.points]
    columns = (step_column(use), Column(_("searches"), "count"))
    return Answer("searches", question, thousands(use.searches), caption, plot, columns, rows, use.period.step)


def busiest_hours(use: Use) -> Answer:
    question, days = _("When is it busiest?"), weekdays()
    counts = use.whole.of("hour")
    table = [[counts.get(str(24 * day + hour), 0) for hour in range(24)] for day in range(7)]
    hours = [Label(str(hour), f"{hour:02}:00") for hour in range(24)]
    rows = [(hours[hour].long, *(table[day][hour] for day in range(7))) for hour in range(24)]
    columns = (Column(_("hour")), *(Column(day.long, "count") for day in days))
    number, caption = "–", _("no searches in this period")
    if counts:
        most = int(next(iter(counts)))
        number = busiest(use) or "–"
        share = percent(counts[str(most)], use.searches)
        caption = _("is the busiest hour: %(share)s of all searches (%(zone)s)", share=share, zone=zone.name())
    return Answer("hours", question, number, caption, plots.heat(question, days, hours, table), columns, rows)


def busiest(use: Use) -> str | None:
    """`Saturday, 14:00`: the hour of the week with most searches."""
    most = next(iter(use.whole.of("hour")), None)
    return f"{weekdays()[int(most) // 24].long}, {int(most) % 24:02}:00" if most else None


def ways(use: Use) -> Answer:
    return _divided(use, "way", "ways", _("How do the photos reach us?"), _("way"), WAY_WORDS)


def devices(use: Use) -> Answer:
    return _divided(use, "device", "devices", _("What do visitors ask with?"), _("device"), DEVICE_WORDS)


def languages(use: Use) -> Answer:
    words = {**LANGUAGES, **NO_LANGUAGE}
    return _divided(use, "language", "languages", _("In which language do they read us?"), _("language"), words)


def _divided(use: Use, measure: str, name: str, question: str, what: str, words: dict[str, str]) -> Answer:
    """What the searches divide into, largest first."""
    counts = use.whole.of(measure)
    rows = [(named(words, label), count, share_of(count, use.searches)) for label, count in counts.items()]
    caption = _("no searches in this period")
    if rows:
        caption = _("is the commonest (%(share)s)", share=percent(rows[0][1], use.searches))
    plot = plots.shares(question, [(label, count) for label, count, _share in rows]) if rows else None
    columns = (Column(what), Column(_("searches"), "count"), Column(_("share"), "share"))
    return Answer(name, question, rows[0][0] if rows else "–", caption, plot, columns, rows)
