"""Static files under hashed names once they are collected, under plain ones before."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import (  # type: ignore[import-untyped]  # it ships no types
    CompressedManifestStaticFilesStorage,
)


class CollectedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def url(self, name: str, force: bool = False) -> str:
        """Tests and commands run without a collected folder, where no hashed name is known."""
        if not self.hashed_files:
            return StaticFilesStorage.url(self, name)
        return str(super().url(name, force))
