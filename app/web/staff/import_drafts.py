"""What a curator has chosen for an import, kept beside its files until the import is tried: `imports/<id>/draft.json`."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers import choose_importer, default_collection, saved_mapping
from app.catalogue.importers.documents import open_source
from app.catalogue.importers.general_csv import GeneralCsv
from app.catalogue.importers.reading import Table
from app.usage.models import new_id


@dataclass
class Draft:
    """One import before it is tried. `file` is empty for an import from an `address`; `packed` is unpacked into `images`."""

    id: str
    name: str
    file: str = ""
    images: str = ""
    packed: str = ""
    collection: str = ""
    format: str = "auto"
    address: str = ""
    fetch: bool = False
    likes: bool = False
    mapping: dict[str, str] = field(default_factory=dict)

    def table(self) -> Table:
        """The file, opened. Raises CatalogueFileError."""
        return open_source(Path(self.file))

    def goes_to(self) -> str:
        """The collection that it is for."""
        return self.collection or default_collection(Path(self.file))

    def arguments(self, folder: Path) -> dict[str, Any]:
        """Those of its job, a dry run."""
        kept = {name: value for name, value in asdict(self).items() if name not in ("id", "fetch")}
        harvest = str(folder / self.id / "fetched") if self.fetch or self.address else ""
        return {**kept, "draft": self.id, "harvest": harvest, "dry_run": True}


def new(folder: Path, name: str) -> Draft:
    """A draft with a folder of its own."""
    draft = Draft(new_id(), name)
    (folder / draft.id).mkdir(parents=True)
    return draft


def save(folder: Path, draft: Draft) -> None:
    (folder / draft.id / "draft.json").write_text(json.dumps(asdict(draft)), encoding="utf-8")


def load(folder: Path, draft_id: str) -> Draft | None:
    """The draft of that id, None where there is none or it was cleared away."""
    path = folder / draft_id / "draft.json"
    if not re.fullmatch(r"[0-9a-f]{32}", draft_id) or not path.is_file():
        return None
    return Draft(**json.loads(path.read_text(encoding="utf-8")))


def wants_mapping(draft: Draft) -> bool:
    """Whether somebody has to say what the columns mean: a table of no museum's layout, and none said for its collection."""
    if draft.address or draft.format not in ("auto", GeneralCsv.name):
        return False
    try:
        table = draft.table()
    except CatalogueFileError:
        return False  # the dry run says why
    if len(table.header) < 2 or not table.sample or saved_mapping(draft.goes_to(), table):
        return False
    try:
        return choose_importer(table, draft.format).name == GeneralCsv.name
    except CatalogueFileError:
        return True
