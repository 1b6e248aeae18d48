"""A checker for the part of JSON Schema that the API's description uses; a keyword that it does not know is an error."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from app.web.api_document import DOCUMENT

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "integer": (int,), "number": (int, float),
}  # fmt: skip
KNOWN = {
    "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum", "minItems",
    "maxItems", "description", "default", "format",
}  # fmt: skip


def resolved(pointer: str) -> Any:
    """What `#/components/…` points to. Raises KeyError."""
    found: Any = DOCUMENT
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part]
    return found


def is_a(value: Any, kind: str) -> bool:
    """Whether the value has the JSON type; true is no number."""
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """Everything in which the value does not fit the schema, with its place."""
    assert not set(schema) - KNOWN, f"{at}: the checker does not know {set(schema) - KNOWN}"
    if "$ref" in schema:
        return faults(value, resolved(schema["$ref"]), at)
    kinds = schema.get("type", list(TYPES))
    if not any(is_a(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return [f"{at}: {value!r} is not {kinds}"]
    found = [f"{at}: {value!r} is not one of {schema['enum']}"] if value not in schema.get("enum", [value]) else []
    if isinstance(value, dict):
        found += faults_of_object(value, schema, at)
    elif isinstance(value, list):
        found += faults_of_array(value, schema, at)
    elif is_a(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at}: {value} is out of range")
    return found


def faults_of_object(value: dict[str, Any], schema: dict[str, Any], at: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
    if schema.get("additionalProperties") is False:
        found += [f"{at}: {name} is not described" for name in value if name not in properties]
    for name in value.keys() & properties.keys():
        found += faults(value[name], properties[name], f"{at}.{name}")
    return found


def faults_of_array(value: list[Any], schema: dict[str, Any], at: str) -> list[str]:
    size = len(value)
    found = [] if schema.get("minItems", size) <= size <= schema.get("maxItems", size) else [f"{at}: {size} items"]
    for number, item in enumerate(value):
        found += faults(item, schema.get("items", {}), f"{at}[{number}]")
    return found


def described(response: TestResponse, path: str, method: str = "get") -> Any:
    """The JSON of an answer, after checking that the document has its status and that the body fits. Raises AssertionError."""
    answers = DOCUMENT["paths"][path][method]["responses"]
    status = str(response.status_code)
    assert status in answers, f"{method} {path} answered {status}, which is not described: {response.text[:300]}"
    answer = resolved(answers[status]["$ref"]) if "$ref" in answers[status] else answers[status]
    assert response.mimetype == "application/json"
    assert faults(response.json, answer["content"]["application/json"]["schema"]) == []
    return response.json
