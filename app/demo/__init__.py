"""The demo collection: works that the project paints itself (CC0), their records, and photographs of them.

`build` makes it into a folder; see docs/demo.md.
"""

from app.demo.building import DemoError, build

__all__ = ["DemoError", "build"]
