"""The visitor's site, as the tests of its pages have it."""

from tests.web.conftest import bare_site, gallery_instance, narrow_encoder, site

__all__ = ["bare_site", "gallery_instance", "narrow_encoder", "site"]
