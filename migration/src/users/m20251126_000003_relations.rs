//! Who follows whom, and who has blocked whom. A pair keeps its row for ever: its version orders what others are told of it.

use crate::tables::Tables;

pub(crate) const RELATIONS: Tables = Tables {
    name: "m20251126_000003_relations",
    statements: &[
        "CREATE TABLE follows (
        id          {ID},
        follower_id BIGINT  NOT NULL REFERENCES users (id),
        followed_id BIGINT  NOT NULL REFERENCES users (id),
        is_active   BOOLEAN NOT NULL,
        since       BIGINT  NOT NULL,
        version     BIGINT  NOT NULL,
        CONSTRAINT follows_pair_key UNIQUE (follower_id, followed_id)
    )",
        // What is asked for is bound, so a partial index would not be used.
        "CREATE INDEX follows_followed_idx ON follows (followed_id, is_active, since, id)",
        "CREATE INDEX follows_follower_idx ON follows (follower_id, is_active, since, id)",
        "CREATE TABLE blocks (
        id         {ID},
        blocker_id BIGINT  NOT NULL REFERENCES users (id),
        blocked_id BIGINT  NOT NULL REFERENCES users (id),
        is_active  BOOLEAN NOT NULL,
        since      BIGINT  NOT NULL,
        version    BIGINT  NOT NULL,
        CONSTRAINT blocks_pair_key UNIQUE (blocker_id, blocked_id)
    )",
        "CREATE INDEX blocks_blocker_idx ON blocks (blocker_id, is_active, since, id)",
        "CREATE INDEX blocks_blocked_idx ON blocks (blocked_id, is_active)",
        "ALTER TABLE users ADD COLUMN avatar_version BIGINT NOT NULL DEFAULT 0",
    ],
};
