"""Every message and every version of it, in the schema `slack` of the database `vendors`."""

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, LiteralString

from include.sandbox.services.store import Store

DDL: LiteralString = """
create schema if not exists slack;
create table if not exists slack.channel (
    id text primary key,
    name text not null unique
);
create table if not exists slack.message (
    channel_id text not null references slack.channel,
    ts text not null,
    version integer not null,
    source text not null,
    at timestamptz not null,
    payload json not null,
    primary key (channel_id, ts, version)
);
"""
NAME = re.compile(r"#?([a-z0-9][a-z0-9_-]{0,79})")
CONTENT = (
    "text",
    "blocks",
    "attachments",
    "thread_ts",
    "username",
    "icon_emoji",
    "metadata",
    "client_msg_id",
)


@dataclass(frozen=True)
class Channel:
    """`name` is without the leading #."""

    id: str
    name: str


@dataclass(frozen=True)
class Version:
    """What a message said from `at` on."""

    at: dt.datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as it is now, and the versions before, oldest first. `source` is web_api or webhook."""

    channel: Channel
    ts: str
    source: str
    current: Version
    earlier: tuple[Version, ...]

    @property
    def posted_at(self) -> dt.datetime:
        return (self.earlier or (self.current,))[0].at

    @property
    def thread_ts(self) -> str | None:
        return self.current.payload.get("thread_ts")


class Messages:
    """Reads and writes of channels and messages."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def channel(self, asked: str) -> Channel | None:
        """A channel by id, or by name with or without #; a name that could be one is created on first use."""
        rows = await self._store.read(
            "select id, name from slack.channel where id = %s or name = %s", (asked, asked.removeprefix("#"))
        )
        if rows:
            return Channel(*rows[0])
        name = NAME.fullmatch(asked)
        if name is None:
            return None
        channel = Channel("C" + hashlib.sha256(name[1].encode()).hexdigest()[:10].upper(), name[1])
        await self._store.write(
            "insert into slack.channel (id, name) values (%s, %s) on conflict do nothing",
            (channel.id, channel.name),
        )
        return channel

    async def channels(self) -> list[tuple[Channel, int]]:
        """All channels by name, each with its number of messages."""
        rows = await self._store.read(
            "select id, name, (select count(distinct ts) from slack.message where channel_id = id)"
            " from slack.channel order by name"
        )
        return [(Channel(channel_id, name), count) for channel_id, name, count in rows]

    async def post(self, channel: Channel, source: str, payload: dict[str, Any]) -> str:
        """Keep a new message. Returns its `ts`, unique in the channel."""
        at = dt.datetime.now(dt.UTC)
        while True:
            ts = f"{at.timestamp():.6f}"
            kept = await self._store.write(
                "insert into slack.message (channel_id, ts, version, source, at, payload)"
                " values (%s, %s, 1, %s, %s, %s) on conflict do nothing returning ts",
                (channel.id, ts, source, at, json.dumps(payload)),
            )
            if kept:
                return ts
            at += dt.timedelta(microseconds=1)

    async def posted(self, channel: Channel, client_msg_id: str) -> str | None:
        """The `ts` of the message that was posted with this `client_msg_id`, if one was."""
        rows = await self._store.read(
            "select ts from slack.message"
            " where channel_id = %s and version = 1 and payload ->> 'client_msg_id' = %s",
            (channel.id, client_msg_id),
        )
        return str(rows[0][0]) if rows else None

    async def update(self, channel: Channel, ts: str, payload: dict[str, Any]) -> bool:
        """Keep a new version of a message. False where there is no such message."""
        kept = await self._store.write(
            "insert into slack.message (channel_id, ts, version, source, at, payload)"
            " select channel_id, ts, max(version) + 1, min(source), clock_timestamp(), %s::json"
            " from slack.message where channel_id = %s and ts = %s group by channel_id, ts returning ts",
            (json.dumps(payload), channel.id, ts),
        )
        return bool(kept)

    async def newest(self, channel: Channel | None, limit: int) -> list[Message]:
        """The newest messages, newest first, of one channel or of all."""
        rows = await self._store.read(
            "with wanted as (select distinct channel_id, ts from slack.message"
            " where %s::text is null or channel_id = %s order by ts desc limit %s)"
            " select c.id, c.name, m.ts, m.source, m.at, m.payload from wanted"
            " join slack.message as m using (channel_id, ts) join slack.channel as c on c.id = m.channel_id"
            " order by m.ts desc, m.channel_id, m.version",
            (channel and channel.id, channel and channel.id, limit),
        )
        versions: dict[tuple[Channel, str, str], list[Version]] = {}
        for channel_id, name, ts, source, at, payload in rows:
            key = (Channel(channel_id, name), ts, source)
            versions.setdefault(key, []).append(Version(at, payload))
        return [
            Message(where, ts, source, said[-1], tuple(said[:-1]))
            for (where, ts, source), said in versions.items()
        ]
