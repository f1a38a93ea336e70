"""The line to the service as a box uses it: ask, fetch a model, show a picture. Every method blocks."""

from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from siaga.core.errors import NotFound
from siaga.core.link import Answer, OrderedModel, Report
from siaga.deliver.service import Service, ServiceFailed

_ANSWER_BYTES = 4 << 20
_PIECE_BYTES = 256 * 1024


class LinkService(Service):
    """One service, as one box's link sees it; raises as ``Service`` does."""

    def ask(self, report: Report) -> Answer:
        """Hand over the heartbeat and wait for news, for at most ``report.wait_s`` and the time-out."""
        path = "/api/v1/link"
        body = report.model_dump_json().encode()
        answer = self._ask(
            "POST", path, body, {"Content-Type": "application/json"}, timeout=report.wait_s + self._timeout
        )
        self._check(answer, path)
        try:
            return Answer.model_validate_json(answer.content[:_ANSWER_BYTES])
        except ValidationError as error:
            raise ServiceFailed(
                f"the service's answer cannot be understood ({error.error_count()} errors)", where=path
            ) from None

    def fetch(self, model: OrderedModel, part: Path) -> bool:
        """Add the next piece of a model to ``part``; what came stays when it breaks off.

        Returns:
            Whether all bytes are there now; whether they are the right ones nobody has checked.
        """
        path = f"/api/v1/link/models/{model.sha256}"
        have = part.stat().st_size if part.exists() else 0
        if have >= model.bytes:
            return True
        last = min(have + _PIECE_BYTES, model.bytes) - 1
        answer = self._ask("GET", path, headers={"Range": f"bytes={have}-{last}"})
        self._check(answer, path)
        if answer.status_code != 206 or not 0 < len(answer.content) <= last - have + 1:
            raise ServiceFailed("the service gives another part of the model than was asked for", where=path)
        with part.open("ab") as file:
            file.write(answer.content)
        return last + 1 >= model.bytes and len(answer.content) == last - have + 1

    def show(self, preview: UUID, frame: bytes) -> None:
        """Send a picture of a live preview.

        Raises:
            NotFound: The preview is over.
        """
        path = f"/api/v1/link/previews/{preview}"
        answer = self._ask("PUT", path, frame, {"Content-Type": "image/jpeg"})
        if answer.status_code == 404:
            raise NotFound("the preview is over", where=path)
        self._check(answer, path)
