"""The line to the service as a box uses it: ask, fetch a model, show a picture. Every method blocks."""

from pathlib import Path
from uuid import UUID

import httpx
from pydantic import ValidationError

from siaga.core.errors import DeliveryUnavailable, NotFound
from siaga.core.link import Answer, OrderedModel, Report
from siaga.deliver.service import Service, ServiceFailed

_ANSWER_BYTES = 4 << 20


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

    def fetch(self, model: OrderedModel, part: Path) -> None:
        """Add the bytes of a model that ``part`` does not have yet; what came stays when it breaks off."""
        path = f"/api/v1/link/models/{model.sha256}"
        have = part.stat().st_size if part.exists() else 0
        if have >= model.bytes:
            return
        headers = {"Range": f"bytes={have}-", **self._authorisation()}
        try:
            with self._client.stream(
                "GET", self._base + path, headers=headers, timeout=self._timeout, follow_redirects=False
            ) as answer:
                if answer.status_code != 206:
                    answer.read()
                    self._check(answer, path)
                    raise ServiceFailed("the service does not go on where it was asked to", where=path)
                with part.open("ab") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk[: max(model.bytes - file.tell(), 0)])
        except httpx.HTTPError as error:
            raise DeliveryUnavailable(
                f"the model did not come whole ({type(error).__name__})", where=path
            ) from None

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
