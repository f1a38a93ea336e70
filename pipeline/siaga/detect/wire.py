"""Does an ONNX file point at other files? Read from its bytes, before any runtime parses it.

A walk over the protobuf wire format (https://protobuf.dev/programming-guides/encoding) along the fields of
``onnx.proto`` that can hold a tensor. It never recurses and never reads past the end.
"""

from collections.abc import Iterator

from siaga.core.errors import ModelUnsupported

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

FIELDS: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
}
"""Message to {field number: message in it}: every way from a model to a tensor."""


def has_external_data(model: bytes) -> bool:
    """Whether any tensor of the ONNX file ``model`` lies outside it.

    Raises:
        ModelUnsupported: The bytes are not a protobuf message.
    """
    view = memoryview(model)
    pending = [("ModelProto", 0, len(model))]
    while pending:
        message, start, end = pending.pop()
        children = FIELDS.get(message, {})
        for number, value_start, value_end in _fields(view, start, end):
            if message == "TensorProto":
                if number == _EXTERNAL_DATA:
                    return True
                if number == _DATA_LOCATION and any(view[value_start:value_end]):
                    return True
            elif number in children:
                pending.append((children[number], value_start, value_end))
    return False


def _fields(view: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of the value of each field of the message in ``view[start:end]``."""
    position = start
    while position < end:
        tag, position = _varint(view, position, end)
        value_start = position
        match tag & 7:
            case 0:
                _, position = _varint(view, position, end)
            case 1:
                position += 8
            case 2:
                length, value_start = _varint(view, position, end)
                position = value_start + length
            case 5:
                position += 4
            case _:
                raise _broken()
        if position > end:
            raise _broken()
        yield tag >> 3, value_start, position


def _varint(view: memoryview, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise _broken()
        byte = view[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _broken()


def _broken() -> ModelUnsupported:
    return ModelUnsupported(
        "The model file is not ONNX, or is cut short.",
        fix="Export the model again and write the new sha256 into its manifest.",
    )
