"""`flask index …`: estimate, build, compare, status, health, roll back, add and remove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli import engines
from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError
from app.evaluation.ground_truth import GroundTruthError


@click.group("index")
def command() -> None:
    """Build the search index and look after it."""


@command.command("build")
@click.option("--preset", help="Search preset; default: the setting PINAKES_PRESET.")
@click.option("--engine", default="", metavar="NAME", help="Vector engine in place of the preset's, such as HNSW32 or IVF,Flat.")
@click.option("--no-publish", is_flag=True, help="Keep the finished build aside; `flask index publish` makes it serve.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError)
def build(preset: str | None, engine: str, no_publish: bool, as_json: bool) -> None:
    """Index every picture of the catalogue, check the build and publish it.

    Descriptors that were computed before are used again. The old index serves until the new one is published.

    Example: flask index build --preset default
    """
    from app import services

    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            tasks.setdefault(stage, bar.add_task(stage, total=total) if stage not in tasks else tasks[stage])
            bar.update(tasks[stage], completed=done, total=total)

        report = services.build_index(preset=preset, engine=engine, progress=tell, publish=not no_publish)
    _record("index.build", report.build_id, preset=report.preset, published=not no_publish)
    figures = {
        "build": report.build_id, "preset": report.preset, "works": report.works, "pictures": report.pictures,
        "vectors": report.vectors, "local_features": report.local_features, "recall_at_10": report.recall_at_10,
        "nprobe": report.nprobe, "seconds": round(report.seconds, 1), "published": not no_publish,
        "rejects": [{"picture_id": r.picture_id, "reason": r.reason} for r in report.rejects],
    }
    _say(figures, as_json)


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError)
def status(as_json: bool) -> None:
    """What is published: build, preset, works, vectors, recall against exact search.

    Example: flask index status --json
    """
    from app import services

    _say(services.index_status(), as_json)


@command.command("builds")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError)
def builds(as_json: bool) -> None:
    """The builds that are kept, newest first.

    Example: flask index builds
    """
    from app import services

    rows = services.list_builds()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        mark = "published" if row["current"] else ""
        click.echo(f"{row['build_id']}  {row['works']} works  recall@10 {row['recall_at_10']:.4f}  {mark}")


@command.command("publish")
@click.argument("build_id")
@with_appcontext
@one_line_errors(EngineError)
def publish(build_id: str) -> None:
    """Search the build BUILD_ID from now on.

    Example: flask index publish 20260101-120000-default-1a2b
    """
    from app import services

    before = services.builds().published()
    services.publish_build(build_id)
    _record("index.publish", build_id, before=before)
    click.echo(f"{build_id} is published.")


@command.command("rollback")
@with_appcontext
@one_line_errors(EngineError)
def rollback() -> None:
    """Publish the build before the current one.

    Example: flask index rollback
    """
    from app import services

    before = services.builds().published()
    build_id = services.rollback()
    _record("index.publish", build_id, before=before)
    click.echo(f"{build_id} is published.")


@command.command("add")
@click.argument("ids", nargs=-1, required=True)
@with_appcontext
@one_line_errors(EngineError)
def add(ids: tuple[str, ...]) -> None:
    """Make works searchable without a rebuild; IDS are those of the imported file.

    Example: flask index add p0001 p0002
    """
    from app import services

    done = services.add_works(_primary_keys(ids))
    _record("index.add", ", ".join(ids), added=done["added"])
    print_json(done)


@command.command("remove")
@click.argument("ids", nargs=-1, required=True)
@with_appcontext
@one_line_errors(EngineError)
def remove(ids: tuple[str, ...]) -> None:
    """Stop finding works without a rebuild; the catalogue keeps them. IDS are those of the imported file.

    Example: flask index remove p0001
    """
    from app import services

    done = services.remove_works(_primary_keys(ids))
    _record("index.remove", ", ".join(ids))
    print_json(done)


@command.command("estimate")
@click.option("--preset", default="", help="Search preset; default: the setting PINAKES_PRESET.")
@click.option("--measure", is_flag=True, help="First describe a handful of missing pictures, to learn how quickly that goes here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError)
def estimate(preset: str, measure: bool, as_json: bool) -> None:
    """What a build will cost: pictures still to describe, time by this machine's own rates, room on the disk.

    Unknown is null: with a preset that nothing was described with here, --measure finds out.

    Example: flask index estimate --preset default --json
    """
    from app.reindexing import estimate as estimating

    if measure and estimating.estimate(preset).to_describe > 1:
        estimating.measure(preset)
    _say(estimating.estimate(preset).as_json(), as_json)


@command.command("health")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError)
def health(as_json: bool) -> None:
    """Whether the published build is in health: recall, rejects, missing files, drift of its preset, works it does not know.

    Example: flask index health --json
    """
    from app.reindexing import health as looking

    _say(looking.health().as_json(), as_json)


@command.command("compare-builds")
@click.argument("before")
@click.argument("after")
@click.option("--photos", required=True, type=click.Path(path_type=Path), help="CSV with the columns photo, artwork_ids, kind.")
@click.option("--limit-unknown", type=click.IntRange(min=0), metavar="N", help="Known photos asked again without their own works.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(EngineError, GroundTruthError, OSError)
def compare_builds(before: str, after: str, photos: Path, limit_unknown: int | None, as_json: bool) -> None:
    """Ask the builds BEFORE and AFTER the same photos: each figure of both, their difference, and the photos that changed.

    A difference whose 95 % interval holds 0 may be chance. Nothing is published.

    Example: flask index compare-builds 20260101-120000-default-1a2b 20260102-120000-default-3c4d --photos photos.csv --json
    """
    from app.evaluation.ground_truth import read_ground_truth
    from app.reindexing import comparing

    with progress_bar() as bar:
        task = bar.add_task("searching", total=None)
        result = comparing.compare_builds(
            before, after, read_ground_truth(photos), limit_unknown=limit_unknown,
            progress=lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total),
        )
    if as_json:
        print_json(result)
        return
    click.echo(f"{result['n_photos']} photos, {result['n_better']} answered better, {result['n_worse']} worse")
    for name, row in result["figures"].items():
        values = [row[side]["value"] for side in ("before", "after", "difference")]
        low, high = row["difference"]["low"], row["difference"]["high"]
        told = "  ".join("–" if value is None else f"{value:.4f}" for value in values)
        says = {1: "better", -1: "worse", 0: "no clear difference"}[row["better"]]
        click.echo(f"{name:>18}  {told}  [{low} … {high}]  {says}")


def _primary_keys(ids: tuple[str, ...]) -> list[int]:
    from app import services

    wanted = set(ids)
    known = {pk: source for pk, source in services.source_ids().items() if source in wanted}
    if missing := sorted(wanted - set(known.values())):
        raise click.ClickException(f"No work has the id {missing[0]!r}; `flask catalogue list` shows the collections.")
    return list(known)


def _record(action: str, subject: str, **details: Any) -> None:
    """Into the audit trail; what is done on the pages is recorded there."""
    from app.accounts import audit
    from app.extensions import db

    audit.record(action, subject, **details)
    db.session.commit()


def _say(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    for name, value in figures.items():
        click.echo(f"{name:>18}  {value}")


command.add_command(engines.compare)
command.add_command(engines.draw_map)
