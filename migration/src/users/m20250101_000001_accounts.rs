//! Accounts, their credentials, refresh sessions with their tokens, and revocations.
//!
//! Times are epoch milliseconds. Unique constraints are named `<table>_<column>_key`, as `database` expects. A deleted
//! account keeps its row, so its username is never given out again, and loses its e-mail address, so that is free.

use crate::tables::Tables;

pub(crate) const ACCOUNTS: Tables = Tables {
    name: "m20250101_000001_accounts",
    statements: &[
        "CREATE TABLE users (
        id              {ID},
        username        TEXT    NOT NULL CONSTRAINT users_username_key UNIQUE,
        email           TEXT    CONSTRAINT users_email_key UNIQUE,
        display_name    TEXT    NOT NULL,
        first_name      TEXT    NOT NULL,
        last_name       TEXT    NOT NULL,
        description     TEXT    NOT NULL,
        status          TEXT    NOT NULL,
        avatar          TEXT,
        search          TEXT    NOT NULL,
        is_admin        BOOLEAN NOT NULL,
        is_seller       BOOLEAN NOT NULL,
        is_active       BOOLEAN NOT NULL,
        followers_count BIGINT  NOT NULL CONSTRAINT users_followers_count_check CHECK (followers_count >= 0),
        following_count BIGINT  NOT NULL CONSTRAINT users_following_count_check CHECK (following_count >= 0),
        joined_at       BIGINT  NOT NULL,
        version         BIGINT  NOT NULL,
        deleted_at      BIGINT
    )",
        "CREATE INDEX users_joined_at_id_idx ON users (joined_at, id) WHERE deleted_at IS NULL",
        "CREATE TABLE credentials (
        user_id       BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
        password_hash TEXT   NOT NULL,
        changed_at    BIGINT NOT NULL
    )",
        "CREATE TABLE sessions (
        id              TEXT   NOT NULL PRIMARY KEY,
        user_id         BIGINT NOT NULL REFERENCES users (id),
        client          TEXT,
        created_at      BIGINT NOT NULL,
        last_used_at    BIGINT NOT NULL,
        idle_until      BIGINT NOT NULL,
        absolute_until  BIGINT NOT NULL,
        revoked_at      BIGINT
    )",
        "CREATE INDEX sessions_user_id_idx ON sessions (user_id, created_at, id)",
        "CREATE INDEX sessions_idle_until_idx ON sessions (idle_until)",
        "CREATE TABLE refresh_tokens (
        hash       TEXT   NOT NULL PRIMARY KEY,
        session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        created_at BIGINT NOT NULL,
        used_at    BIGINT,
        successor  TEXT,
        CONSTRAINT refresh_tokens_used_check CHECK ((used_at IS NULL) = (successor IS NULL))
    )",
        "CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id)",
        "CREATE TABLE revocations (
        id         {ID},
        kind       TEXT   NOT NULL CONSTRAINT revocations_kind_check CHECK (kind IN ('sid', 'sub')),
        subject    TEXT   NOT NULL,
        not_before BIGINT NOT NULL,
        created_at BIGINT NOT NULL
    )",
        "CREATE INDEX revocations_created_at_idx ON revocations (created_at)",
    ],
};
