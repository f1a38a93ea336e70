"""Packages that are installed but do not load: what they lack, and where it comes from."""

from siaga.core.errors import DependencyMissing

_SYSTEM_LIBRARIES = ("libGL", "libglib", "libgthread", "libEGL", "libSM", "libXext", "libxcb")


def explain(error: ImportError) -> DependencyMissing:
    """The error for a package that could not be imported."""
    text = str(error)
    if "cv2" in f"{error.name} {error.path}" or text.startswith(_SYSTEM_LIBRARIES):
        return DependencyMissing(
            f"OpenCV needs system libraries that are not installed ({text})",
            fix="Install them: apt install libgl1 libglib2.0-0; or take OpenCV without windows: "
            "pip install --force-reinstall --no-deps opencv-python-headless",
        )
    return DependencyMissing(
        f"the package {error.name or 'that is needed'} does not load ({text})",
        fix="Install Siaga again: pip install --force-reinstall siaga",
    )
