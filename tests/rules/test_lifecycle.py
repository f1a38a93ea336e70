"""What holds for every story, whatever people, trackers and cameras do."""

import uuid

from hypothesis import example, given, settings
from hypothesis import strategies as st

from siaga.core.event import EventState
from siaga.core.health import Condition
from tests.rules.script import PIT, Story, at, check_grammar, judged
from tests.rules.script import settings as configuration

people = st.dictionaries(
    st.integers(1, 5),
    st.tuples(st.sampled_from([200, 320, 480, 520, 800]), st.sampled_from("mwu"), st.sampled_from("mwu")),
    max_size=4,
)
frames = st.tuples(st.integers(1, 30), people)
steps = st.one_of(frames, st.tuples(st.just(0), st.sampled_from([Condition.OFFLINE, Condition.DARK])))
RULES = configuration(
    {"requires": ["helmet", "vest"], "repeat_interval": 20, "grouping": 3},
    pit=PIT,
    ladder={"coordinates": PIT["coordinates"], "requires": ["helmet"]},
)


def play(script: list[tuple[int, object]]) -> Story:
    story = Story(RULES)
    for number, what in script:
        if isinstance(what, Condition):
            story.health(what, True)
            story.t += 30.0
            story.health(what, False)
        elif isinstance(what, dict):
            crowd = [judged(key, at(x), helmet, vest=vest) for key, (x, helmet, vest) in what.items()]
            for _ in range(number):
                story.frame(*crowd)
    return story


@settings(max_examples=120, deadline=None)
@given(st.lists(steps, max_size=12))
def test_every_violation_has_one_beginning_and_one_end(script: list[tuple[int, object]]) -> None:
    story = play(script)
    story.close()
    check_grammar(story.said)


states = st.tuples(st.sampled_from("mwu"), st.sampled_from("mwu"))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.dictionaries(st.integers(1, 6), states)), max_size=12))
@example([(30, {1: ("m", "m")}), (14, {}), (1, {1: ("m", "m")})])
def test_a_person_has_one_open_violation_per_rule(
    script: list[tuple[int, dict[int, tuple[str, str]]]],
) -> None:
    story = Story(RULES)
    for number, crowd in script:
        # Far enough apart that nobody is taken for somebody else.
        frame = [
            judged(key, at(150 * key, height=60), helmet, vest=vest) for key, (helmet, vest) in crowd.items()
        ]
        for _ in range(number):
            story.frame(*frame)
    alive: dict[uuid.UUID, tuple[object, ...]] = {}
    for said in story.said:
        if said.state is EventState.END:
            del alive[said.event_id]
        else:
            alive[said.event_id] = (said.rule, said.zone, said.subjects[0].track_id)
        assert len(set(alive.values())) == len(alive)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.sets(st.integers(1, 5))), max_size=10))
def test_unknown_alone_begins_nothing(script: list[tuple[int, set[int]]]) -> None:
    story = Story(RULES)
    for number, numbers in script:
        for _ in range(number):
            story.frame(*(judged(key, at(60 * key), "u", vest="u") for key in numbers))
    story.close()
    assert story.said == []


@settings(max_examples=60, deadline=None)
@given(st.lists(frames, max_size=10))
def test_the_same_script_tells_the_same_story(script: list[tuple[int, object]]) -> None:
    assert play(script).said == play(script).said
