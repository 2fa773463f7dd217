"""Segment's video spec (https://segment.com/docs/connections/spec/video/).

Playback is the player, content is what it plays, an ad is what comes between; `session_id` ties
the events of one playback together. Positions and lengths are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypedDict, Unpack

from headwater.spec import checks
from headwater.spec.event import Check, SemanticEvent, semantic

Id = str | int
AdType = Literal["pre-roll", "mid-roll", "post-roll"]


class PlaybackProperties(TypedDict, total=False):
    """The state of the player. `total_length` is left out for a live stream."""

    content_asset_id: Id | None
    content_asset_ids: Sequence[Id] | None
    content_pod_id: Id | None
    content_pod_ids: Sequence[Id] | None
    ad_asset_id: Id | Sequence[Id] | None
    ad_pod_id: Id | Sequence[Id] | None
    ad_type: AdType | None
    position: Any
    total_length: Any
    bitrate: Any
    framerate: Any
    video_player: str | None
    sound: Any
    full_screen: bool | None
    ad_enabled: bool | None
    quality: str | None
    livestream: bool | None
    extra: Mapping[str, Any] | None


class ContentProperties(TypedDict, total=False):
    """What is playing."""

    pod_id: Id | None
    title: str | None
    description: str | None
    keywords: Sequence[str] | None
    season: str | None
    episode: str | None
    genre: str | None
    program: str | None
    publisher: str | None
    position: Any
    total_length: Any
    channel: str | None
    full_episode: bool | None
    livestream: bool | None
    airdate: date | str | None
    extra: Mapping[str, Any] | None


class AdProperties(TypedDict, total=False):
    """Which advertisement, and where in the content it stands."""

    pod_id: Id | None
    pod_position: int | None
    pod_length: int | None
    type: AdType | None
    title: str | None
    publisher: str | None
    position: Any
    total_length: Any
    load_type: Literal["linear", "dynamic"] | None
    content: Mapping[str, Any] | None
    quartile: int | None
    extra: Mapping[str, Any] | None


_AD_TYPE = checks.one_of("pre-roll", "mid-roll", "post-roll")
_PLAYBACK: Mapping[str, Check] = {
    "session_id": checks.identifier,
    "content_asset_id": checks.identifier,
    "content_asset_ids": checks.items(checks.identifier),
    "content_pod_id": checks.identifier,
    "content_pod_ids": checks.items(checks.identifier),
    "ad_asset_id": checks.one_or_many(checks.identifier),
    "ad_pod_id": checks.one_or_many(checks.identifier),
    "ad_type": _AD_TYPE,
    "position": checks.amount,
    "total_length": checks.amount,
    "bitrate": checks.amount,
    "framerate": checks.amount,
    "video_player": checks.text,
    "sound": checks.between(0, 100),
    "full_screen": checks.flag,
    "ad_enabled": checks.flag,
    "quality": checks.text,
    "livestream": checks.flag,
    "method": checks.text,
    "startupTime": checks.amount,
    "droppedFrames": checks.whole,
}
_CONTENT: Mapping[str, Check] = {
    "session_id": checks.identifier,
    "asset_id": checks.identifier,
    "pod_id": checks.identifier,
    "title": checks.text,
    "description": checks.text,
    "keywords": checks.items(checks.text),
    "season": checks.text,
    "episode": checks.text,
    "genre": checks.text,
    "program": checks.text,
    "publisher": checks.text,
    "position": checks.amount,
    "total_length": checks.amount,
    "channel": checks.text,
    "full_episode": checks.flag,
    "livestream": checks.flag,
    "airdate": checks.day,
}
_AD: Mapping[str, Check] = {
    "session_id": checks.identifier,
    "asset_id": checks.identifier,
    "pod_id": checks.identifier,
    "pod_position": checks.whole,
    "pod_length": checks.whole,
    "type": _AD_TYPE,
    "title": checks.text,
    "publisher": checks.text,
    "position": checks.amount,
    "total_length": checks.amount,
    "load_type": checks.one_of("linear", "dynamic"),
    "content": checks.mapping(_CONTENT),
    "quartile": checks.between(1, 4),
}


def playback_started(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Started`: somebody pressed play."""
    return _event("Video Playback Started", _PLAYBACK, {"session_id": session_id}, state)


def playback_paused(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Paused`."""
    return _event("Video Playback Paused", _PLAYBACK, {"session_id": session_id}, state)


def playback_interrupted(
    *, session_id: Id, method: str | None = None, **state: Unpack[PlaybackProperties]
) -> SemanticEvent:
    """Answer `Video Playback Interrupted`: it stopped unasked; `method` says by what."""
    required = {"session_id": session_id}
    return _event("Video Playback Interrupted", _PLAYBACK, required, {"method": method, **state})


def playback_buffer_started(
    *, session_id: Id, **state: Unpack[PlaybackProperties]
) -> SemanticEvent:
    """Answer `Video Playback Buffer Started`."""
    return _event("Video Playback Buffer Started", _PLAYBACK, {"session_id": session_id}, state)


def playback_buffer_completed(
    *, session_id: Id, **state: Unpack[PlaybackProperties]
) -> SemanticEvent:
    """Answer `Video Playback Buffer Completed`."""
    return _event("Video Playback Buffer Completed", _PLAYBACK, {"session_id": session_id}, state)


def playback_seek_started(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Seek Started`: `position` is where it was left."""
    return _event("Video Playback Seek Started", _PLAYBACK, {"session_id": session_id}, state)


def playback_seek_completed(
    *, session_id: Id, **state: Unpack[PlaybackProperties]
) -> SemanticEvent:
    """Answer `Video Playback Seek Completed`: `position` is where it goes on."""
    return _event("Video Playback Seek Completed", _PLAYBACK, {"session_id": session_id}, state)


def playback_resumed(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Resumed`."""
    return _event("Video Playback Resumed", _PLAYBACK, {"session_id": session_id}, state)


def playback_completed(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Completed`: the session played to its end."""
    return _event("Video Playback Completed", _PLAYBACK, {"session_id": session_id}, state)


def playback_exited(*, session_id: Id, **state: Unpack[PlaybackProperties]) -> SemanticEvent:
    """Answer `Video Playback Exited`: somebody left the player."""
    return _event("Video Playback Exited", _PLAYBACK, {"session_id": session_id}, state)


def content_started(
    *, session_id: Id, asset_id: Id, **content: Unpack[ContentProperties]
) -> SemanticEvent:
    """Answer `Video Content Started`: a piece of content began."""
    required = {"session_id": session_id, "asset_id": asset_id}
    return _event("Video Content Started", _CONTENT, required, content)


def content_playing(
    *, session_id: Id, asset_id: Id, **content: Unpack[ContentProperties]
) -> SemanticEvent:
    """Answer `Video Content Playing`: the heartbeat while it plays."""
    required = {"session_id": session_id, "asset_id": asset_id}
    return _event("Video Content Playing", _CONTENT, required, content)


def content_completed(
    *, session_id: Id, asset_id: Id, **content: Unpack[ContentProperties]
) -> SemanticEvent:
    """Answer `Video Content Completed`."""
    required = {"session_id": session_id, "asset_id": asset_id}
    return _event("Video Content Completed", _CONTENT, required, content)


def ad_started(*, session_id: Id, asset_id: Id, **ad: Unpack[AdProperties]) -> SemanticEvent:
    """Answer `Video Ad Started`."""
    return _event("Video Ad Started", _AD, {"session_id": session_id, "asset_id": asset_id}, ad)


def ad_playing(*, session_id: Id, asset_id: Id, **ad: Unpack[AdProperties]) -> SemanticEvent:
    """Answer `Video Ad Playing`: the heartbeat while an ad plays."""
    return _event("Video Ad Playing", _AD, {"session_id": session_id, "asset_id": asset_id}, ad)


def ad_completed(*, session_id: Id, asset_id: Id, **ad: Unpack[AdProperties]) -> SemanticEvent:
    """Answer `Video Ad Completed`."""
    return _event("Video Ad Completed", _AD, {"session_id": session_id, "asset_id": asset_id}, ad)


def quality_updated(
    *,
    session_id: Id,
    startup_time: Any = None,
    dropped_frames: int | None = None,
    **state: Unpack[PlaybackProperties],
) -> SemanticEvent:
    """Answer `Video Quality Updated`: bitrate, framerate, start-up time, frames lost."""
    # These two are in camel case in the spec itself.
    measured = {"startupTime": startup_time, "droppedFrames": dropped_frames}
    required = {"session_id": session_id}
    return _event("Video Quality Updated", _PLAYBACK, required, {**measured, **state})


def _event(
    name: str,
    known: Mapping[str, Check],
    required: Mapping[str, Any],
    optional: Mapping[str, Any],
) -> SemanticEvent:
    properties = dict(optional)
    extra = properties.pop("extra", None)
    return semantic(name, required, properties, checks=known, extra=extra)
