"""From FFmpeg's errors to ours, by class. FFmpeg's texts hold the address with the password: none is kept."""

import errno
import re

import av.error

from siaga.core.errors import SourceEnded, SourceError, SourceInvalid, SourceRefused, SourceStalled
from siaga.core.errors import SourceUnavailable as Unavailable
from siaga.core.redact import MASK, redact
from siaga.core.settings import StreamUrl

FFmpegFailure = (av.error.FFmpegError, OSError)
"""What PyAV raises."""

_TIMED_OUT = (av.error.ExitError, TimeoutError)
_REFUSED = (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError, PermissionError)
_NOT_THERE = (av.error.HTTPNotFoundError, FileNotFoundError)
_ANSWERED_BADLY = (av.error.HTTPClientError, av.error.HTTPServerError)
_NO_VIDEO = (
    av.error.InvalidDataError,
    av.error.DecoderNotFoundError,
    av.error.DemuxerNotFoundError,
    av.error.ProtocolNotFoundError,
    av.error.PatchWelcomeError,
    av.error.BSFNotFoundError,
)
_CHECK_LOGIN = "Check user and password; special characters in them must be percent-encoded (@ is %40)."


def shown_address(url: StreamUrl) -> str:
    """The address for a person to read: no user, no password, no secrets in the query."""
    text = url.reveal()
    # Up to the last @, not the first: a password may hold an unencoded one, or a slash.
    return redact(re.sub(r"^(\w+://).*@", rf"\g<1>{MASK}@", text))


def open_failure(error: BaseException, where: str, timeout: float) -> SourceError:
    """The error for a connection that did not come about."""
    if isinstance(error, _TIMED_OUT):
        what = f"The camera does not answer within {timeout:g} s."
        return Unavailable(what, where=where, fix="Check that it is on, its address, and the network to it.")
    if isinstance(error, av.error.InvalidDataError) and _is_network(where):
        what = f"What answers there does not speak RTSP, or says nothing within {timeout:g} s."
        return Unavailable(what, where=where, fix="Check host and port; RTSP is usually on port 554.")
    if isinstance(error, av.error.EOFError):
        what = "The camera closed the connection before it sent a stream."
        return Unavailable(what, where=where, fix="Check the path; the camera may have too many viewers.")
    return _failure(error, where)


def read_failure(error: BaseException, where: str, timeout: float) -> SourceError:
    """The error for a connection that broke."""
    if isinstance(error, _TIMED_OUT):
        return SourceStalled(f"The camera sends nothing any more ({timeout:g} s without data).", where=where)
    if isinstance(error, av.error.EOFError | ConnectionError):
        return ended(where)
    return _failure(error, where)


def ended(where: str) -> SourceEnded:
    """The error for a live stream that stopped."""
    return SourceEnded("The camera ended the stream.", where=where)


def _failure(error: BaseException, where: str) -> SourceError:
    if isinstance(error, _REFUSED):
        return SourceRefused("The camera refuses the login or the stream.", where=where, fix=_CHECK_LOGIN)
    if isinstance(error, _NOT_THERE):
        return Unavailable("There is no such stream.", where=where, fix="Check the path in the address.")
    if isinstance(error, _ANSWERED_BADLY):
        what = f"The camera answers with an error ({type(error).__name__})."
        fix = "Check the path, and whether the camera allows another viewer."
        return Unavailable(what, where=where, fix=fix)
    if isinstance(error, _NO_VIDEO):
        what = f"This is not a video that Siaga can read ({_name(error)})."
        fix = "Use a video in H.264 or H.265, for example an MP4 file or a camera's RTSP stream."
        return SourceInvalid(what, where=where, fix=fix)
    fix = "Check that it is on, its address, and the network to it."
    return Unavailable(f"It cannot be reached ({_name(error)}).", where=where, fix=fix)


def _is_network(where: str) -> bool:
    return where.lower().startswith(("rtsp://", "rtsps://"))


def _name(error: BaseException) -> str:
    return errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
