"""The search for external data sees every place where ONNX can hold a tensor, and never breaks."""

import contextlib

import numpy as np
import onnx
import pytest
from google.protobuf.descriptor import Descriptor
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from siaga.core.errors import ModelUnsupported
from siaga.detect.wire import FIELDS, has_external_data

from . import models


def _away() -> TensorProto:
    tensor = TensorProto(name="away", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def _node(**attributes: object) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["c"], **attributes)


def _in_subgraph() -> onnx.ModelProto:
    inner = helper.make_graph([], "inner", [], [], [_away()])
    outer = helper.make_graph([helper.make_node("If", ["c"], ["o"], then_branch=inner)], "outer", [], [])
    return helper.make_model(outer)


def _in_function() -> onnx.ModelProto:
    function = helper.make_function("own", "F", [], ["c"], [_node(value=_away())], [])
    return helper.make_model(helper.make_graph([], "g", [], []), functions=[function])


def _in_sparse() -> onnx.ModelProto:
    model = helper.make_model(helper.make_graph([], "g", [], []))
    model.graph.sparse_initializer.add().values.CopyFrom(_away())
    return model


def _in_training() -> onnx.ModelProto:
    model = helper.make_model(helper.make_graph([], "g", [], []))
    model.training_info.add().algorithm.initializer.append(_away())
    return model


def _in_node() -> onnx.ModelProto:
    return helper.make_model(helper.make_graph([_node(value=_away())], "g", [], []))


def _without_location() -> onnx.ModelProto:
    tensor = _away()
    tensor.ClearField("data_location")
    return helper.make_model(helper.make_graph([], "g", [], [], [tensor]))


def _without_entries() -> onnx.ModelProto:
    tensor = _away()
    tensor.ClearField("external_data")
    return helper.make_model(helper.make_graph([], "g", [], [], [tensor]))


@pytest.mark.parametrize(
    "make",
    [_without_entries, _in_subgraph, _in_function, _in_sparse, _in_training, _in_node, _without_location],
)
def test_external_data_is_found_wherever_it_hides(make: object) -> None:
    assert callable(make)
    assert has_external_data(make().SerializeToString())


def test_an_ordinary_model_has_none() -> None:
    assert not has_external_data(models.seeing().SerializeToString())
    assert not has_external_data(models.constant(np.zeros((7, 20), np.float32)).SerializeToString())


def test_the_table_follows_every_way_to_a_tensor_that_onnx_knows() -> None:
    reached: dict[str, dict[int, str]] = {}
    _walk(onnx.ModelProto.DESCRIPTOR, reached)
    assert {name: fields for name, fields in reached.items() if fields} == FIELDS


def _walk(message: Descriptor, reached: dict[str, dict[int, str]]) -> bool:
    """Whether ``message`` is or can hold a tensor; fills ``reached`` with the fields that lead there."""
    if message.name == "TensorProto":
        return True
    if message.name in reached:
        return bool(reached[message.name]) or message.name == "GraphProto"
    reached[message.name] = {}
    for field in message.fields:
        if field.message_type is not None and _walk(field.message_type, reached):
            reached[message.name][field.number] = field.message_type.name
    return bool(reached[message.name])


@given(st.binary(max_size=200))
def test_any_bytes_give_an_answer_or_a_clear_error(data: bytes) -> None:
    with contextlib.suppress(ModelUnsupported):
        assert has_external_data(data) in (True, False)


@given(st.data())
def test_a_model_with_changed_bytes_gives_an_answer_or_a_clear_error(data: st.DataObject) -> None:
    model = bytearray(_in_subgraph().SerializeToString())
    index = data.draw(st.integers(0, len(model) - 1))
    model[index] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ModelUnsupported):
        assert has_external_data(bytes(model)) in (True, False)
