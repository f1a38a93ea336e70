"""Cycles on the CPU: settings, the camera, pictures of the whole render or of a rectangle of it."""

import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from siaga.core.errors import StorageError
from siaga.sim.camera import Camera
from siaga.sim.render.rectangles import Rect

Rgb8 = NDArray[np.uint8]
PLATE_SAMPLES = 2
"""The plate gets this many times the samples of a frame's rectangles."""


class Engine:
    """Renders the scene that is in Blender now.

    Args:
        camera: Its pinhole part; the lens is bent later.
        samples: Paths per pixel of a rectangle.
        threads: Cores; 0: all.
        folder: For pictures on their way; a fast disk.
    """

    def __init__(self, camera: Camera, samples: int, threads: int, folder: Path) -> None:
        self.width, self.height = camera.render_size
        self._samples = samples
        self._file = Path(tempfile.mkdtemp(dir=folder, prefix=".render-")) / "shot.png"
        self._scene = bpy.context.scene
        _set_camera(self._scene, camera)
        _set_cycles(self._scene, threads)

    def plate(self) -> Rgb8:
        """The whole render, with more samples: (height, width, 3) RGB."""
        return self._shot(Rect(0, 0, self.width, self.height), self._samples * PLATE_SAMPLES)

    def patch(self, rect: Rect) -> Rgb8:
        """A rectangle of the render: (rect height, rect width, 3) RGB."""
        return self._shot(rect, self._samples)

    def close(self) -> None:
        """Remove what is on the way."""
        self._file.unlink(missing_ok=True)
        self._file.parent.rmdir()

    def _shot(self, rect: Rect, samples: int) -> Rgb8:
        render = self._scene.render
        self._scene.cycles.samples = samples
        # Blender rounds the border to whole pixels; a fifth of a pixel keeps it off the edge of rounding.
        render.border_min_x, render.border_max_x = ((x + 0.2) / self.width for x in (rect.left, rect.right))
        render.border_min_y = 1 - (rect.bottom - 0.2) / self.height
        render.border_max_y = 1 - (rect.top - 0.2) / self.height
        render.use_border = render.use_crop_to_border = (rect.width, rect.height) != (self.width, self.height)
        render.filepath = str(self._file)
        with _quiet():
            bpy.ops.render.render(write_still=True)
        picture = cv2.imread(str(self._file), cv2.IMREAD_COLOR)
        if picture is None or picture.shape[:2] != (rect.height, rect.width):
            raise StorageError(
                "the renderer wrote no picture, or one of another size",
                where=str(self._file),
                fix="Look for a full disk; then render again.",
            )
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)

    def depth(self) -> NDArray[np.float32]:
        """(height, width) metres along the optical axis of what shows; 1e10 where there is only sky."""
        scene, file = self._scene, self._file.with_suffix(".exr")
        kept = (scene.cycles.use_denoising, scene.cycles.max_bounces, scene.cycles.pixel_filter_type)
        scene.cycles.use_denoising, scene.cycles.max_bounces, scene.cycles.pixel_filter_type = False, 0, "BOX"
        scene.view_layers[0].use_pass_z = True
        tree = _depth_output(scene, file)
        self._shot(Rect(0, 0, self.width, self.height), 1)
        scene.use_nodes = False
        tree.nodes.clear()
        scene.view_layers[0].use_pass_z = False
        scene.cycles.use_denoising, scene.cycles.max_bounces, scene.cycles.pixel_filter_type = kept
        written = next(file.parent.glob("depth*.exr"))
        picture = bpy.data.images.load(str(written))
        values = np.empty(self.width * self.height * 4, np.float32)
        picture.pixels.foreach_get(values)
        bpy.data.images.remove(picture)
        written.unlink()
        return np.ascontiguousarray(values.reshape(self.height, self.width, 4)[::-1, :, 0])


@contextmanager
def _quiet() -> Iterator[None]:
    """Blender reports each sample on the process's standard output, past Python: send that nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _depth_output(scene: Any, file: Path) -> Any:
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    layers, out = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeOutputFile")
    out.base_path = str(file.parent)
    out.format.file_format, out.format.color_depth = "OPEN_EXR", "32"
    out.file_slots[0].path = "depth"
    tree.links.new(layers.outputs["Depth"], out.inputs[0])
    composite = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(layers.outputs["Image"], composite.inputs[0])
    return tree


def _set_camera(scene: Any, camera: Camera) -> None:
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.angle = "HORIZONTAL", math.radians(camera.render_fov_deg)
    lens.clip_start, lens.clip_end = 0.05, 400.0
    made = bpy.data.objects.new("camera", lens)
    made.matrix_world = Matrix(camera.matrix_world.tolist())
    scene.collection.objects.link(made)
    scene.camera = made
    scene.render.resolution_x, scene.render.resolution_y = camera.render_size
    scene.render.resolution_percentage = 100
    bpy.context.view_layer.update()


def _set_cycles(scene: Any, threads: int) -> None:
    scene.render.engine = "CYCLES"
    if threads:
        scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format, scene.render.image_settings.compression = "PNG", 5
    scene.render.image_settings.color_mode = "RGB"
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Medium High Contrast"
    cycles = scene.cycles
    cycles.device, cycles.use_adaptive_sampling, cycles.use_light_tree = "CPU", False, False
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_quality, cycles.denoising_prefilter = "FAST", "NONE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
    cycles.transmission_bounces = cycles.volume_bounces = 0
    cycles.transparent_max_bounces = 4
    cycles.caustics_reflective = cycles.caustics_refractive = False


def hide(objects: Sequence[Any], hidden: bool) -> None:
    """Show or hide objects in renders."""
    for each in objects:
        each.hide_render = hidden
