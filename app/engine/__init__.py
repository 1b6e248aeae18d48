"""The retrieval library: arrays and paths in, dataclasses out. It knows no Flask, no SQLAlchemy and no Celery."""
