"""The IIIF consortium's own validator against a running site, with its coloured squares drawn anew."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.web import browser
from tests.web.iiif.conftest import hang, squares

validator = pytest.importorskip("iiif_validator.validator", reason="needs libmagic", exc_type=ImportError)

# Of every level, what we know better or do without; the reasons are in docs/iiif.md.
DISPUTED = {
    "size_noup": "!2000,3000",  # it wants a refusal, where the specification wants the region as it is
    "size_up": "^max",  # level 3: it takes the picture's own size for the largest; ours is that of the limits
}
LEFT_OUT = {"format_gif", "format_tif", "format_jp2", "format_pdf"}  # level 3
BROKEN = {"format_webp"}  # level 3: calls a function of Python 2


@pytest.fixture(scope="module")
def suite() -> Any:
    return validator.TestSuite(validator.ValidationInfo())


def test_every_test_of_level_2_and_the_extras_pass(site: Flask, tmp_path: Path, suite: Any) -> None:
    picture = hang(site, squares(suite.validationInfo.colorInfo), tmp_path)
    random.seed(3)  # it draws its squares and its nonsense
    failures: dict[str, str] = {}
    passed = []
    with browser.served(site) as address:
        for name, test in suite.list_tests("3.0").items():
            if name in LEFT_OUT | BROKEN:
                assert test["level"] == 3
                continue
            result = validator.ImageAPI(str(picture), address.removeprefix("http://"), "iiif/3", version="3.0", debug=False)
            problem = _problem(suite, name, result)
            if problem is None:
                passed.append(name)
            elif name not in DISPUTED or DISPUTED[name] not in result.last_url.replace("%5E", "^"):
                failures[name] = f"{problem} ({result.last_url})"
    assert failures == {}
    assert len(passed) >= 33 and not DISPUTED.keys() & set(passed)


def _problem(suite: Any, name: str, result: Any) -> Exception | None:
    try:
        suite.run_test(name, result)
    except Exception as error:  # the validator raises whatever its own code trips over
        return error
    return result.exception  # type: ignore[no-any-return]
