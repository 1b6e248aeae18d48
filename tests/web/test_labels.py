"""The words of a label: what the catalogue has, in the form that is read, and nothing more."""

from __future__ import annotations

import pytest

from app.catalogue.models import Artist, Artwork, Collection, Credit
from app.web import labels


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (
            Artist(
                born_died="(b. 1552, Köln, d. 1615, Praha)",
                born_year=1552,
                born_place="Köln",
                died_year=1615,
                died_place="Praha",
            ),
            "Köln 1552 – Praha 1615",
        ),
        (Artist(born_died="(b. 1552, Köln, d. ?)", born_year=1552, born_place="Köln"), "b. 1552, Köln, d. ?"),
        (Artist(born_died="(b. c. 1532, d. 1625)", born_year=1532, died_year=1625), "b. c. 1532, d. 1625"),
        (Artist(born_died="(active 1500-1530 in Antwerpen)"), "active 1500-1530 in Antwerpen"),
        (Artist(born_died="1853-1890", born_year=1853, died_year=1890), "1853 – 1890"),
        (Artist(born_died="born 1960", born_year=1960), "born 1960"),
        (Artist(born_died="", died_year=1615, died_place="Praha"), "died Praha 1615"),
        (Artist(born_died=""), ""),
    ],
)
def test_a_life(given: Artist, read: str) -> None:
    given.born_place, given.died_place = given.born_place or "", given.died_place or ""
    assert labels.life(given) == read


@pytest.mark.parametrize(
    ("date", "technique", "dimensions", "read"),
    [
        ("1574-88", "Oil on canvas", "68 x 95 cm", "1574–88 · oil on canvas, 68 × 95 cm"),
        ("c. 1427", "", "", "c. 1427"),
        ("", "Oil on canvas", "", "Oil on canvas"),
        ("1900", "X-ray print", "", "1900 · X-ray print"),
        ("", "", "12x12 cm", "12 × 12 cm"),
        ("", "", "", ""),
    ],
)
def test_what_it_is_made_of(date: str, technique: str, dimensions: str, read: str) -> None:
    assert labels.material(Artwork(date_text=date, technique=technique, dimensions=dimensions)) == read


def test_a_citation_names_what_is_known() -> None:
    work = Artwork(title="Venus and Adonis", date_text="1574-88", location="", collection=Collection(name="Gallery"))
    work.credits.append(Credit(role="after", artist=Artist(name="Hans von Aachen")))
    assert labels.cite(work, "https://a.example/works/1") == (
        "after Hans von Aachen. Venus and Adonis. 1574–88. Gallery. https://a.example/works/1."
    )


@pytest.mark.parametrize(
    ("inliers", "verdict", "said"),
    [
        (214, "identified", "We are sure: 214 details of your photo fit this work."),
        (1, "uncertain", "1 detail of your photo fits this work, too few to be sure."),
        (0, "not_in_catalogue", "It looks alike as a whole; no single details fit."),
    ],
)
def test_how_sure(inliers: int, verdict: str, said: str) -> None:
    assert labels.certainty(inliers, verdict) == said


@pytest.mark.parametrize(
    ("probability", "verdict", "said"),
    [
        (0.9699, "identified", "About 97 in 100 such answers are right."),
        (0.99999, "identified", "About 99 in 100 such answers are right."),  # never all of them
        (0.41, "uncertain", "About 41 in 100 such guesses are right."),
        (0.004, "uncertain", "Fewer than 1 in 100 such guesses is right."),
    ],
)
def test_how_likely(probability: float, verdict: str, said: str) -> None:
    assert labels.odds(probability, verdict) == said


def test_how_near_the_nearest_is() -> None:
    assert labels.nearest(0.12) == "In about 12 of 100 such cases it is the first of these after all."
    assert labels.nearest(0.001).startswith("In fewer than 1 of 100")
