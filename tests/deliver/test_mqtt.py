"""Notifications against a real broker; without one that answers, nothing waits."""

import json
import queue
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from siaga.core.event import Event, EventState, RuleKind
from siaga.core.settings import Mqtt, Secret
from siaga.deliver.mqtt import MqttNotifier
from siaga.deliver.outbox import Outbox
from tests.deliver.material import make_draft, make_outbox
from tests.support.system import require_system

pytestmark = pytest.mark.system
CAMERAS = {"gate": (RuleKind.MISSING_PPE, RuleKind.CAMERA_UNMONITORED)}
PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


class Broker:
    """A mosquitto that wants a password, and somebody who listens to all of it."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = free_port()
        self._program = program
        self._folder = folder
        passwords = folder / "passwords"
        passwords.write_text("edge:right-password\n")
        subprocess.run([passwd_tool(program), "-U", str(passwords)], check=True, capture_output=True)
        passwords.chmod(0o644)
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {passwords}\nuser root\nlog_type none\n"
        )
        self.settings = Mqtt(
            enabled=True, port=self.port, user="edge", password=Secret("right-password"), topic_prefix="yard"
        )
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()

    def start(self) -> None:
        self._process = subprocess.Popen([self._program, "-c", str(self._config)])
        eventually(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def listen(self) -> None:
        ready = queue.SimpleQueue[bool]()
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set("edge", "right-password")
        client.on_connect = lambda *_: client.subscribe("#", qos=1)
        client.on_subscribe = lambda *_: ready.put(True)
        client.on_message = lambda _client, _data, note: self.heard.put((note.topic, note.payload))
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        ready.get(timeout=PATIENCE_S)
        self._listener = client

    def next(self, topic: str) -> Any:
        """The next note on ``topic``, read as JSON where it is."""
        while True:
            heard, payload = self.heard.get(timeout=PATIENCE_S)
            if heard == topic:
                return json.loads(payload) if payload.startswith(b"{") else payload.decode()

    def stop(self) -> None:
        if listener := getattr(self, "_listener", None):
            listener.disconnect()
            listener.loop_stop()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def passwd_tool(program: str) -> str:
    beside = [Path(program).with_name("mosquitto_passwd"), Path("/usr/bin/mosquitto_passwd")]
    return next((str(path) for path in beside if path.exists()), "mosquitto_passwd")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(require_system("mosquitto"), tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = make_outbox(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def notifier(broker: Broker) -> Iterator[MqttNotifier]:
    broker.listen()
    made = MqttNotifier(broker.settings, "dev-1", CAMERAS)
    made.start()
    eventually(lambda: made.connected)
    yield made
    made.stop()


def violation(outbox: Outbox) -> tuple[Event, Event, Event]:
    new = outbox.commit(make_draft())
    update = outbox.commit(make_draft(state=EventState.UPDATE, event_id=new.event_id))
    return new, update, outbox.commit(make_draft(state=EventState.END, event_id=new.event_id))


def test_a_violation_is_told_from_begin_to_end(
    broker: Broker, notifier: MqttNotifier, outbox: Outbox
) -> None:
    records = violation(outbox)
    for record in records:
        notifier.notify(record)
    told = [broker.next("yard/events") for _ in records]
    assert [Event.model_validate(one) for one in told] == list(records)


def test_reviews_say_what_was_before_and_what_is(
    broker: Broker, notifier: MqttNotifier, outbox: Outbox
) -> None:
    records = violation(outbox)
    for record in records:
        notifier.notify(record)
    reviews = [broker.next("yard/reviews") for _ in records]
    assert [review["type"] for review in reviews] == ["new", "update", "end"]
    assert [review["before"] and review["before"]["seq"] for review in reviews] == [None, 1, 2]
    assert [review["after"]["seq"] for review in reviews] == [1, 2, 3]


def test_home_assistant_finds_a_sensor_per_camera_and_rule_that_follows(
    broker: Broker, notifier: MqttNotifier, outbox: Outbox
) -> None:
    assert broker.next("yard/available") == "online"
    config = broker.next("homeassistant/binary_sensor/dev-1_gate_missing_ppe/config")
    assert config["availability_topic"] == "yard/available"
    state = config["state_topic"]
    assert broker.next(state) == "OFF"
    new, _, end = violation(outbox)
    notifier.notify(new)
    assert broker.next(state) == "ON"
    notifier.notify(end)
    assert broker.next(state) == "OFF"


def test_a_violation_from_before_the_start_still_counts(broker: Broker, outbox: Outbox) -> None:
    broker.listen()
    outbox.commit(make_draft())
    notifier = MqttNotifier(broker.settings, "dev-1", CAMERAS, open_records=outbox.open_violations())
    notifier.start()
    assert broker.next("yard/cameras/gate/missing_ppe") == "ON"
    notifier.stop()
    assert broker.next("yard/available") == "offline"


def test_the_last_will_says_offline_when_the_edge_dies(broker: Broker, notifier: MqttNotifier) -> None:
    assert broker.next("yard/available") == "online"
    sock = notifier._client.socket()
    assert sock is not None
    sock.shutdown(socket.SHUT_RDWR)
    assert broker.next("yard/available") == "offline"


def test_a_broker_that_is_away_costs_counted_notes_and_no_time(
    tmp_path: Path, broker: Broker, outbox: Outbox
) -> None:
    broker.stop()
    notifier = MqttNotifier(broker.settings, "dev-1", CAMERAS, queue=5)
    notifier.start()
    records = [outbox.commit(make_draft()) for _ in range(10)]
    for record in records:
        notifier.notify(record)
    assert notifier.dropped == 2 * len(records) - 5
    broker.start()
    broker.listen()
    eventually(lambda: notifier.connected)
    assert broker.next("yard/available") == "online"
    assert broker.next("yard/cameras/gate/missing_ppe") == "ON"
    notifier.stop()


def test_a_wrong_password_never_connects_and_never_shows(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = broker.settings.model_copy(update={"password": Secret("wrong-password")})
    notifier = MqttNotifier(wrong, "dev-1", CAMERAS)
    notifier.start()
    eventually(lambda: "refused" in "".join(capfd.readouterr()))
    assert not notifier.connected
    notifier.stop()
