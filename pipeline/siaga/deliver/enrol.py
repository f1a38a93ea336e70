"""Makes this box known to a service: with a one-time code and the box's own key."""

from dataclasses import dataclass, field

import httpx

from siaga.core.errors import DeliveryRejected, DeliveryUnauthorised, DeliveryUnavailable
from siaga.core.signature import enrolment_hash
from siaga.deliver.device import DeviceKey

_PATH = "/api/v1/enrolment"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the service gave. ``token`` is a secret."""

    device_id: str
    site: str
    token: str = field(repr=False)


def enrol(client: httpx.Client, url: str, code: str, key: DeviceKey) -> Enrolled:
    """Show code and key to the service.

    Args:
        url: The service's address.
        code: The one-time code, as typed.

    Raises:
        DeliveryUnavailable: The service does not answer, or not now.
        DeliveryUnauthorised: The code does not work (any more).
        DeliveryRejected: The service will not take this device in.
    """
    shown = {"code": code, "public_key": key.public_key}
    shown["proof"] = key.sign(enrolment_hash(code, key.public_key))
    try:
        answer = client.post(url.rstrip("/") + _PATH, json=shown)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryUnavailable(
            f"the service does not answer ({type(error).__name__})", where=url, fix="Check the address."
        ) from error
    if answer.status_code == 401:
        raise DeliveryUnauthorised("the code does not work (any more)", where=url, fix="Ask for a new code.")
    if answer.status_code == 429 or answer.status_code >= 500:
        raise DeliveryUnavailable("the service cannot do it now", where=url, fix="Try again in a minute.")
    if answer.status_code != 201:
        raise DeliveryRejected(_said(answer), where=url)
    told = answer.json()
    return Enrolled(told["device_id"], told["site"], told["token"])


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answers {answer.status_code}"
