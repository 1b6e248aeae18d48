"""The objects of the API as JSON Schema (2020-12, as OpenAPI 3.1 has it)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YEAR: Schema = {"type": ["integer", "null"]}
ADDRESS: Schema = {"type": "string", "description": "Relative to the server."}
NEIGHBOUR: Schema = {"type": ["string", "null"], "description": "Relative to the server; null where there is none."}
MOMENT: Schema = {"type": "string", "format": "date-time", "description": "UTC."}
ENDING: Schema = {"type": ["string", "null"], "format": "date-time", "description": "UTC; null: not at all."}
AROUND: Schema = {
    "total": {**COUNT, "description": "On all pages."},
    "page": {"type": "integer", "minimum": 1},
    "pages": {"type": "integer", "minimum": 1},
    "per_page": {"type": "integer", "minimum": 1},
    "next": NEIGHBOUR,
    "prev": NEIGHBOUR,
}
POINT: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
REGION: Schema = {
    "type": ["array", "null"],
    "items": POINT,
    "minItems": 4,
    "maxItems": 4,
    "description": "Corners [x, y] of the work in pixels of the photo after its EXIF turn: top left first, then clockwise.",
}
STAGES = ("decode", "detect", "encode", "search", "verify", "total")


def ref(name: str) -> Schema:
    """A pointer to one of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def exactly(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object with these properties and no other."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SCHEMAS: dict[str, Schema] = {
    "SearchResult": exactly(
        {
            "photo": {"type": "string", "description": "Name of the file that was sent."},
            "verdict": {"type": "string", "enum": ["identified", "uncertain", "not_in_catalogue"]},
            "build": {"type": "string", "description": "The index build that answered."},
            "preset": TEXT,
            "matches": {**listed("Match"), "description": "Best first. Several verified ones are several works in one photo."},
            "timings_ms": exactly(dict.fromkeys(STAGES, {"type": "number", "minimum": 0})),
        }
    ),
    "Match": exactly(
        {
            "artwork_id": {"type": "string", "description": "The id in the imported file."},
            "title": TEXT,
            "artist": TEXT,
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
            "global_score": {"type": "number", "description": "Cosine of the descriptors."},
            "inliers": {**COUNT, "description": "Details of the photo that fit the work by one homography."},
            "verified": {"type": "boolean"},
            "region": REGION,
        }
    ),
    "Work": exactly(
        {
            "artwork_id": {"type": "string", "description": "The id in the imported file, unique within its collection."},
            "collection": TEXT,
            "title": TEXT,
            "artist": {"type": "string", "description": "Names of the makers for reading; empty where none is known."},
            "artists": listed("Artist"),
            "date": {"type": "string", "description": "As the catalogue has it."},
            "year_from": YEAR,
            "year_to": YEAR,
            "technique": TEXT,
            "dimensions": TEXT,
            "location": TEXT,
            "school": TEXT,
            "form": TEXT,
            "type": TEXT,
            "timeframe": TEXT,
            "description": TEXT,
            "url": {"type": "string", "description": "The source's own page."},
            "extra": {"type": "object", "description": "Columns of the imported file that have no field here."},
            "pictures": listed("Picture"),
            "page": ADDRESS,
        }
    ),
    "Artist": exactly({"name": TEXT, "sort_name": TEXT, "born_died": TEXT, "role": TEXT}),
    "Picture": exactly({"width": COUNT, "height": COUNT, "full": ADDRESS, "preview": ADDRESS}),
    "Neighbours": exactly(
        {"build": {"type": "string", "description": "The index build that answered."}, "neighbours": listed("Neighbour")}
    ),
    "Neighbour": exactly(
        {
            "artwork_id": {"type": "string", "description": "The id in the imported file."},
            "collection": TEXT,
            "title": TEXT,
            "artist": TEXT,
            "global_score": {"type": "number", "description": "Cosine of the descriptors, of the two pictures that are nearest."},
            "page": ADDRESS,
        }
    ),
    "WorkPage": exactly({"works": listed("Work"), **AROUND}),
    "SearchRecord": exactly(
        {
            "id": {"type": "string", "description": "Whoever knows it may see the search."},
            "at": MOMENT,
            "page": ADDRESS,
            "photo": {"type": ["string", "null"], "description": "Relative to the server; null where it is no longer kept."},
            "answer": ref("SearchResult"),
            "feedback": listed("Feedback"),
        }
    ),
    "Feedback": exactly(
        {
            "at": MOMENT,
            "kind": {"type": "string", "enum": ["right", "wrong", "comment"]},
            "text": TEXT,
            "artwork_id": {"type": ["string", "null"], "description": "The work that it is, where one was named."},
        }
    ),
    "SearchPage": exactly({"searches": listed("SearchRecord"), **AROUND}),
    "Me": exactly(
        {
            "email": TEXT,
            "role": {"type": "string", "enum": ["visitor", "curator", "admin"]},
            "token": exactly({"name": TEXT, "scopes": {"type": "array", "items": TEXT}, "expires_at": ENDING}),
        }
    ),
    "PersonalCollection": exactly(
        {
            "id": {"type": "integer", "minimum": 1},
            "name": TEXT,
            "description": TEXT,
            "works": COUNT,
            "created_at": MOMENT,
            "shared": {"type": ["string", "null"], "description": "The page that its link leads to; null where there is none."},
            "url": {"type": "string", "description": "Its works, relative to the server."},
        }
    ),
    "PersonalCollections": exactly({"collections": listed("PersonalCollection")}),
    "Collection": exactly({"name": TEXT, "works": COUNT, "pictures": COUNT, "url": ADDRESS}),
    "Collections": exactly({"collections": listed("Collection")}),
    "Error": exactly(
        {
            "error": exactly(
                {
                    "code": {"type": "integer", "description": "The HTTP status."},
                    "message": {"type": "string", "description": "One sentence: what is wrong, and the way out."},
                    "choices": {**listed("Choice"), "description": "With 409: the addresses that are not ambiguous."},
                    "reference": {"type": "string", "description": "With 500: under this number the staff find what happened."},
                },
                optional=("choices", "reference"),
            )
        }
    ),
    "Choice": exactly({"collection": TEXT, "url": ADDRESS}),
}
