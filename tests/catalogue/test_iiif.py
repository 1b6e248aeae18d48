"""IIIF manifests and collections of both versions, from files and from an address, fetched through the application's guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalogue.errors import CatalogueFileError
from app.catalogue.harvest import Harvest
from app.catalogue.importers import choose_importer
from app.catalogue.importers.documents import open_source
from app.catalogue.importers.iiif import id_of
from app.catalogue.importers.iiif_parts import picture_of, text_of
from app.catalogue.importers.records import Record
from app.catalogue.models import Picture
from app.extensions import db
from app.fetching import Network
from tests.catalogue.conftest import Import
from tests.catalogue.files import picture, write
from tests.web.sites import opened, sends, status

THREE, TWO = "http://iiif.io/api/presentation/3/context.json", "http://iiif.io/api/presentation/2/context.json"


def manifest3(address: str, image: str = "https://pics.example/iiif/7", **more: Any) -> dict[str, Any]:
    body = {"id": f"{image}/full/max/0/default.jpg", "type": "Image", "service": [{"id": image, "type": "ImageService3"}]}
    annotation = {"type": "Annotation", "motivation": "painting", "body": body}
    return {
        "@context": THREE, "id": address, "type": "Manifest", "label": {"de": ["Die Mühle"], "en": ["The Mill"]},
        "metadata": [
            {"label": {"en": ["Artist"]}, "value": {"none": ["Ruisdael, Jacob van"]}},
            {"label": {"en": ["Date"]}, "value": {"none": ["c. 1670"]}},
            {"label": {"en": ["Medium"]}, "value": {"en": ["Oil on canvas"]}},
            {"label": {"en": ["Provenance"]}, "value": {"en": ["<p>A <i>private</i> collection &amp; others</p>"]}},
        ],
        "homepage": [{"id": "https://museum.example/works/7", "type": "Text"}],
        "items": [{"type": "Canvas", "items": [{"type": "AnnotationPage", "items": [annotation]}]}],
        **more,
    }  # fmt: skip


def manifest2(address: str, image: str) -> dict[str, Any]:
    resource = {"@id": image, "@type": "dctypes:Image"}
    return {
        "@context": TWO, "@id": address, "@type": "sc:Manifest", "label": [{"@value": "Die Fähre", "@language": "de"},
        {"@value": "The Ferry", "@language": "en"}], "description": "A river.", "attribution": "The museum",
        "metadata": [
            {"label": "Künstler", "value": ["Ruysdael, Salomon van", "Nobody, N."]}, {"label": "Datierung", "value": "1649"},
        ],
        "sequences": [{"canvases": [{"@type": "sc:Canvas", "images": [{"resource": resource}]}]}],
    }  # fmt: skip


def saved(path: Path, document: dict[str, Any]) -> Path:
    return write(path, json.dumps(document))


def only(path: Path) -> Record:
    table = open_source(path)
    (found,) = choose_importer(table).rows(table)
    assert isinstance(found, Record), found
    return found


def test_a_manifest_of_version_3(tmp_path: Path) -> None:
    found = only(saved(tmp_path / "m.json", manifest3("https://museum.example/iiif/objects/7/manifest.json")))
    assert (found.source_id, found.fields["title"], found.fields["date_text"]) == ("iiif/objects/7", "The Mill", "c. 1670")
    assert (found.fields["year_from"], found.fields["technique"]) == (1670, "Oil on canvas")
    assert [maker.sort_name for maker in found.makers or []] == ["Ruisdael, Jacob van"]
    assert found.fields["url"] == "https://museum.example/works/7"
    assert found.fields["extra"] == {"Provenance": "A private collection & others"}
    assert found.pictures == ["https://pics.example/iiif/7/full/!1600,1600/0/default.jpg"]


def test_a_manifest_of_version_2(tmp_path: Path) -> None:
    found = only(saved(tmp_path / "m.json", manifest2("https://museum.example/m/9/manifest", "https://pics.example/9.jpg")))
    assert (found.source_id, found.fields["title"], found.fields["description"]) == ("m/9", "The Ferry", "A river.")
    assert [maker.sort_name for maker in found.makers or []] == ["Ruysdael, Salomon van", "Nobody, N."]
    assert (found.fields["year_from"], found.pictures) == (1649, ["https://pics.example/9.jpg"])
    assert found.fields["extra"] == {"Attribution": "The museum"}


def test_a_choice_of_pictures_and_a_picture_without_a_service() -> None:
    choice = {"type": "Choice", "items": [{"id": "https://a.example/1.jpg", "type": "Image"}, {"id": "https://a.example/2.jpg"}]}
    canvas = {"items": [{"items": [{"body": choice}]}]}
    assert picture_of(canvas) == "https://a.example/1.jpg"
    old = {"images": [{"resource": {"@type": "oa:Choice", "default": {"@id": "https://a.example/3.jpg"}}}]}
    assert picture_of(old) == "https://a.example/3.jpg"
    assert picture_of({"items": []}) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [("plain", "plain"), ({"none": ["a", "b"]}, "a; b"), ({"fr": ["oui"]}, "oui"), (["x", "y"], "x; y"), (None, ""), (12, "12"),
     ([{"@value": "ja", "@language": "de"}, {"@value": "yes", "@language": "en-GB"}], "yes")],
)  # fmt: skip
def test_words_in_every_form(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_ids_are_paths_without_the_host() -> None:
    assert id_of("https://a.example/iiif/3/manifest.json") == "iiif/3"
    assert id_of("https://a.example/m?id=3") == "m?id=3"
    assert id_of("https://a.example") == "a.example"


def test_a_collection_in_a_folder_with_its_manifests(app: Flask, tmp_path: Path, load: Import) -> None:
    base = "https://museum.example/iiif"
    listed = [{"id": f"{base}/{name}.json", "type": "Manifest"} for name in ("one", "two", "lost")]
    nested = {"id": f"{base}/all.json", "type": "Collection"}  # itself: must not go round for ever
    top = {"@context": THREE, "id": f"{base}/all.json", "type": "Collection", "items": [*listed, nested]}
    file = saved(tmp_path / "all.json", top)
    saved(tmp_path / "one.json", manifest3(f"{base}/one.json"))
    saved(tmp_path / "two.json", manifest3(f"{base}/two.json", "https://pics.example/iiif/8"))
    picture(tmp_path / "7.jpg")
    report = load(file)
    assert (report.format, report.counts["added"], report.counts["pictures_added"], report.counts["pictures_missing"]) == (
        "iiif", 2, 1, 1,
    )  # fmt: skip
    assert report.rejects[0]["reason"].startswith(f"the manifest {base}/lost.json does not lie beside the file")
    assert load(file).counts["unchanged"] == 2


def test_a_collection_from_an_address_with_its_pictures(app: Flask, tmp_path: Path, load: Import) -> None:
    jpeg = picture(tmp_path / "a.jpg").read_bytes()
    with opened({}) as site:
        for number in (1, 2):
            image = f"{site.url('')}/img/{number}"
            manifest = manifest3(f"{site.url('')}/m/{number}", image)
            site.pages[f"/m/{number}"] = sends(json.dumps(manifest).encode(), "application/ld+json")
            site.pages[f"/img/{number}/full/!1600,1600/0/default.jpg"] = sends(jpeg) if number == 1 else status(500)
        top = {"@context": TWO, "@id": site.url("/c"), "@type": "sc:Collection", "manifests": [
            {"@id": site.url(f"/m/{number}"), "@type": "sc:Manifest"} for number in (1, 2, 3)]}  # fmt: skip
        site.pages["/c"] = sends(json.dumps(top).encode(), "application/json")
        harvest = Harvest(tmp_path / "fetched", site.network())
        report = load(harvest.document(site.url("/c")), harvest=harvest, collection="Fetched")
        asked = len(site.asked)
        assert (report.counts["added"], report.counts["pictures_added"], report.counts["rejected"]) == (2, 1, 2)
        assert "answered 500" in report.rejects[0]["reason"] or "answered 500" in report.rejects[1]["reason"]
        assert db.session.scalars(select(Picture.source_name)).one().endswith("/img/1/full/!1600,1600/0/default.jpg")
        again = load(harvest.document(site.url("/c")), harvest=harvest, collection="Fetched")
        assert again.counts["unchanged"] == 2
        assert len(site.asked) - asked == 2, "what was fetched once is not asked for again: only what failed is"


def test_an_address_that_is_not_public_is_never_asked(tmp_path: Path) -> None:
    with pytest.raises(CatalogueFileError, match="not a public site"):
        Harvest(tmp_path, Network(resolve=lambda *_: ["10.0.0.1"])).document("http://inner.example/manifest.json")


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"@context": "https://schema.org"}', "{" + '"a":{' * 9000])
def test_json_that_is_no_iiif_gets_a_sentence(app: Flask, tmp_path: Path, load: Import, text: str) -> None:
    with pytest.raises(CatalogueFileError):
        load(write(tmp_path / "a.json", text))
