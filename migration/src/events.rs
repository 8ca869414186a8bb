//! The tables of `events`, which every service with a database has: what it tells others, and what it has made of what others
//! tell.
//!
//! Times are epoch milliseconds.

use crate::tables::Tables;

pub(crate) const EVENTS: Tables = Tables {
    name: "m20251126_000001_events",
    statements: &[
        "CREATE TABLE outbox (
        id           {ID},
        event_id     TEXT   NOT NULL CONSTRAINT outbox_event_id_key UNIQUE,
        kind         TEXT   NOT NULL,
        event        TEXT   NOT NULL,
        recorded_at  BIGINT NOT NULL,
        published_at BIGINT
    )",
        "CREATE INDEX outbox_waiting_idx ON outbox (id) WHERE published_at IS NULL",
        "CREATE INDEX outbox_published_at_idx ON outbox (published_at)",
        "CREATE TABLE inbox (
        id         {ID},
        follower   TEXT   NOT NULL,
        event_id   TEXT   NOT NULL,
        event      TEXT,
        tries      BIGINT NOT NULL,
        due_at     BIGINT NOT NULL,
        error      TEXT,
        handled_at BIGINT,
        parked_at  BIGINT,
        CONSTRAINT inbox_follower_event_id_key UNIQUE (follower, event_id)
    )",
        "CREATE INDEX inbox_waiting_idx ON inbox (follower, id) WHERE handled_at IS NULL AND parked_at IS NULL",
        "CREATE INDEX inbox_handled_at_idx ON inbox (handled_at)",
        "CREATE INDEX inbox_parked_idx ON inbox (parked_at) WHERE parked_at IS NOT NULL",
    ],
};
