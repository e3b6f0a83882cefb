"""Files that are no models, and weights where no weights may be: refused by name, nothing hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from onnx_frontend import ModelError, cli, compile
from onnx_frontend.importer import import_graph

WEIGHTS = np.arange(4, dtype=np.float32)


def model(location: str | None = "w.bin", **entries: str) -> onnx.ModelProto:
    """Return ``y = x + w`` with the data of `w` at a location."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    weights.data_location = TensorProto.EXTERNAL
    if location is not None:
        entries["location"] = location
    for key, value in entries.items():
        weights.external_data.add(key=key, value=value)
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "added",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a model, with its weights; a secret lies beside the folder."""
    own = tmp_path / "model"
    own.mkdir()
    (own / "w.bin").write_bytes(WEIGHTS.tobytes())
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    return own


def saved(folder: Path, proto: onnx.ModelProto) -> Path:
    path = folder / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def weights_of(path: Path) -> list[float]:
    found = [t.constant for t in import_graph(path).tensors if t.constant is not None]
    assert len(found) == 1
    values: list[float] = found[0].tolist()
    return values


def refused(path: Path, *texts: str) -> None:
    with pytest.raises(ModelError) as caught:
        import_graph(path)
    message = str(caught.value)
    assert message.startswith(str(path)), message
    assert [text for text in texts if text not in message] == [], message


def test_weights_beside_the_model_are_read(folder: Path) -> None:
    assert weights_of(saved(folder, model())) == WEIGHTS.tolist()


def test_weights_are_read_from_a_part_of_a_file(folder: Path) -> None:
    (folder / "w.bin").write_bytes(b"junk" + WEIGHTS.tobytes() + b"more")
    proto = model(offset="4", length="16", checksum="unknown")
    assert weights_of(saved(folder, proto)) == WEIGHTS.tolist()
    assert weights_of(saved(folder, model(offset="4"))) == WEIGHTS.tolist()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_to_weights_in_the_folder_are_followed(
    folder: Path, link: Callable[[Path, Path], None]
) -> None:
    (folder / "deep").mkdir()
    link(folder / "w.bin", folder / "deep" / "other")
    assert weights_of(saved(folder, model("deep/other"))) == WEIGHTS.tolist()


def test_a_model_that_is_a_link_has_its_weights_beside_its_target(folder: Path) -> None:
    path = saved(folder, model())
    elsewhere = folder.parent / "snapshot"
    elsewhere.mkdir()
    (elsewhere / "m.onnx").symlink_to(path)
    (elsewhere / "w.bin").symlink_to(folder / "w.bin")
    assert weights_of(elsewhere / "m.onnx") == WEIGHTS.tolist()


@pytest.mark.parametrize(
    "location", ["../secret", "deep/../../secret", "/etc/hostname", "a/../w.bin"]
)
def test_a_location_outside_the_folder_is_not_read(folder: Path, location: str) -> None:
    refused(saved(folder, model(location)), "'w'", location, "outside the model's directory")


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "w.bin").unlink()
    (folder / "w.bin").symlink_to(folder.parent / "secret")
    refused(saved(folder, model()), "'w.bin', a link to", "outside the model's directory")


def test_a_folder_that_links_out_is_not_entered(folder: Path) -> None:
    (folder / "deep").symlink_to(folder.parent)
    refused(saved(folder, model("deep/secret")), "outside the model's directory")


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("nothing.bin", "no such file"),
        ("", "not named"),
        (None, "not named"),
        ("w\0.bin", "no name of a file"),
        ("x" * 1_000_000, "cannot be read"),
        (".", "it is a folder"),
        ("m.onnx/w.bin", "cannot be read"),
    ],
)
def test_a_location_without_weights_is_named(folder: Path, location: str, text: str) -> None:
    refused(saved(folder, model(location)), "'w'", text)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    refused(saved(folder, model("pipe")), "it is a pipe")
    with pytest.raises(ModelError, match="it is a pipe"):
        import_graph(folder / "pipe")


def test_a_device_is_no_model() -> None:
    with pytest.raises(ModelError, match="it is a device"):
        import_graph("/dev/zero")


def test_a_link_to_a_device_is_no_weights(folder: Path) -> None:
    (folder / "zeros").symlink_to("/dev/zero")
    refused(saved(folder, model("zeros")), "outside the model's directory")


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"offset": "4"}, "bytes 4 to 20 lie beyond the end"),
        ({"offset": "9" * 19}, "beyond the end"),
        ({"offset": "9" * 20}, "no number of bytes"),
        ({"offset": "-4"}, "no number of bytes"),
        ({"offset": "٤"}, "no number of bytes"),
        ({"length": "16.0"}, "no number of bytes"),
        ({"length": "12"}, "has 12 bytes"),
        ({"length": str(1 << 62)}, "ask for 16"),
    ],
)
def test_a_part_that_the_file_does_not_have_is_refused(
    folder: Path, entries: dict[str, str], text: str
) -> None:
    refused(saved(folder, model(**entries)), "'w'", text)


def test_dimensions_that_no_file_holds_take_no_memory(folder: Path) -> None:
    proto = model()
    proto.graph.initializer[0].dims[:] = [1 << 29, 3]
    refused(saved(folder, proto), "beyond the end of", "which has 16")
    proto.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]
    refused(saved(folder, proto), "elements at most")


def test_weights_given_twice_are_refused(folder: Path) -> None:
    proto = model()
    proto.graph.initializer[0].raw_data = WEIGHTS.tobytes()
    refused(saved(folder, proto), "given twice")
    proto = model()
    proto.graph.initializer[0].external_data.add(key="location", value="w.bin")
    refused(saved(folder, proto), "'location' is given twice")


def test_weights_of_attributes_in_bodies_are_looked_for_there_too(folder: Path) -> None:
    inner = model().graph
    outside = model("../secret").graph.initializer[0]
    node = helper.make_node("Constant", [], ["c"])
    node.attribute.append(helper.make_attribute("value", outside))
    inner.ClearField("initializer")
    inner.ClearField("input")
    inner.node.insert(0, node)
    outer = model()
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    outer.graph.node[0].CopyFrom(branch)
    refused(saved(folder, outer), "outside the model's directory")


def test_weights_of_a_model_without_a_file_are_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for given in (model(), model().SerializeToString()):
        with pytest.raises(ModelError, match=r"lies in another file, 'w\.bin'"):
            import_graph(given)


def test_a_file_beyond_protobufs_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    refused(path, "more than protobuf reads")


def test_the_command_prints_one_error_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(folder, model("../secret"))
    before = sorted(folder.iterdir())
    assert cli.run(["compile", str(path), "-o", str(folder / "out")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"halo: {path}: the data of tensor 'w'")
    assert "Traceback" not in printed.err
    assert sorted(folder.iterdir()) == before


def test_a_compiled_model_has_the_weights_of_its_files(folder: Path) -> None:
    x = np.ones(4, np.float32)
    assert compile(saved(folder, model())).run({"x": x})["y"].tolist() == [1, 2, 3, 4]
    (folder / "w.bin").write_bytes((WEIGHTS * 2).tobytes())
    assert compile(folder / "m.onnx").run({"x": x})["y"].tolist() == [1, 3, 5, 7]
