"""What can go wrong in the catalogue. Each message is one sentence that names the thing, the value and the way out."""


class CatalogueError(Exception):
    """Base of every error that the catalogue raises on purpose."""


class CatalogueFileError(CatalogueError):
    """A catalogue file cannot be used at all: missing, empty, or of a layout that no importer knows."""


class PictureError(CatalogueError):
    """A picture file cannot be taken into the catalogue; the work itself can."""
