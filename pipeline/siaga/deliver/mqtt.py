"""Notifications over MQTT for Home Assistant and others. Never evidence, and never in the way of events."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from siaga.core.canonical import canonical_json
from siaga.core.errors import DependencyMissing
from siaga.core.event import Event, EventState, RuleKind
from siaga.core.settings import Mqtt

try:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion
except ImportError as missing:
    raise DependencyMissing(
        "MQTT needs the package paho-mqtt", fix="Install it with pip install 'siaga[mqtt]'."
    ) from missing

QUEUE = 1000
DISCOVERY_PREFIX = "homeassistant"

_log = structlog.get_logger(__name__)


class MqttNotifier:
    """Publishes records as they are made. A broker that is away costs dropped notes, never time.

    Topics under the prefix: ``available`` (``online``/``offline``, retained, last will), ``events`` (each
    record as JSON), ``reviews`` (``{type, before, after}``, the record before and after a change), and
    ``cameras/<camera>/<rule>`` (``ON`` while a violation lasts, else ``OFF``; retained), which Home
    Assistant finds by discovery.

    Args:
        settings: Broker, credentials, prefix.
        client_id: Unique at the broker, e.g. the device id.
        cameras: The rules of each camera, for discovery.
        open_records: The newest record of each violation that still lasts, from before this start.
        queue: Notes kept while the broker is away; more are dropped and counted.
    """

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        cameras: Mapping[str, Sequence[RuleKind]],
        *,
        open_records: Sequence[Event] = (),
        queue: int = QUEUE,
    ) -> None:
        self._prefix = settings.topic_prefix
        self._settings = settings
        self._client_id = client_id
        self._cameras = cameras
        self._open: dict[UUID, dict[str, Any]] = {
            event.event_id: event.model_dump(mode="json") for event in open_records
        }
        self.dropped = 0
        self._client = self._make_client(queue)

    def start(self) -> None:
        """Connect in the background, and again after each loss; never waits for the broker."""
        self._client.connect_async(self._settings.host, self._settings.port)
        self._client.loop_start()

    def stop(self) -> None:
        """Say ``offline`` and disconnect."""
        self._show(f"{self._prefix}/available", b"offline")
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """The broker has accepted the connection."""
        return self._client.is_connected()

    def notify(self, event: Event) -> None:
        """Publish one record; call it with every record, in order. Returns at once."""
        after = event.model_dump(mode="json")
        before = self._open.pop(event.event_id, None)
        ended = event.state is EventState.END
        if not ended and (before is not None or event.state is EventState.NEW):
            self._open[event.event_id] = after
        self._tell("events", canonical_json(after))
        review = {"type": event.state.value, "before": before, "after": after}
        self._tell("reviews", canonical_json(review))
        self._publish_state(event.camera, event.rule)

    def _make_client(self, queue: int) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        client.max_queued_messages_set(queue)
        client.reconnect_delay_set(min_delay=1, max_delay=60)
        client.will_set(f"{self._prefix}/available", b"offline", qos=1, retain=True)
        if self._settings.user is not None:
            password = self._settings.password
            client.username_pw_set(self._settings.user, password.reveal() if password else None)
        if self._settings.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        return client

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, reason: Any, _properties: object
    ) -> None:
        if reason.is_failure:
            _log.warning("the MQTT broker refused the connection", reason=str(reason))
            return
        self._show(f"{self._prefix}/available", b"online")
        for camera, rules in self._cameras.items():
            for rule in rules:
                self._announce(camera, rule)
                self._publish_state(camera, rule)

    def _announce(self, camera: str, rule: RuleKind) -> None:
        name = f"{self._client_id}_{camera}_{rule.value}"
        config = {
            "name": rule.value.replace("_", " "),
            "unique_id": name,
            "object_id": name,
            "state_topic": f"{self._prefix}/{_state_topic(camera, rule)}",
            "availability_topic": f"{self._prefix}/available",
            "device_class": "problem" if rule is RuleKind.CAMERA_UNMONITORED else "safety",
            "device": {
                "identifiers": [f"{self._client_id}_{camera}"],
                "name": f"Siaga {camera}",
                "manufacturer": "Siaga",
            },
        }
        topic = f"{DISCOVERY_PREFIX}/binary_sensor/{name}/config"
        self._show(topic, json.dumps(config, sort_keys=True).encode())

    def _publish_state(self, camera: str, rule: RuleKind) -> None:
        lasts = any(
            record["camera"] == camera and record["rule"] == rule.value
            for record in tuple(self._open.values())
        )
        self._show(f"{self._prefix}/{_state_topic(camera, rule)}", b"ON" if lasts else b"OFF")

    def _show(self, topic: str, payload: bytes) -> None:
        # What holds now is said again at every connection, so it must neither wait in the queue behind old
        # notes nor be dropped because the queue is full of them: quality 0 goes past it.
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0, retain=True)

    def _tell(self, topic: str, payload: bytes) -> None:
        note = self._client.publish(f"{self._prefix}/{topic}", payload, qos=1)
        if note.rc == paho.MQTT_ERR_QUEUE_SIZE:
            self.dropped += 1


def _state_topic(camera: str, rule: RuleKind) -> str:
    return f"cameras/{camera}/{rule.value}"
