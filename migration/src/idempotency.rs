//! The table of `service::idempotency`: what was answered under which key. Times are epoch milliseconds.

use crate::tables::Tables;

pub(crate) const IDEMPOTENCY: Tables = Tables {
    name: "m20251126_000002_idempotency",
    statements: &[
        "CREATE TABLE idempotency_keys (
        scope       TEXT   NOT NULL,
        name        TEXT   NOT NULL,
        fingerprint TEXT   NOT NULL,
        status      BIGINT NOT NULL,
        location    TEXT,
        etag        TEXT,
        body        TEXT   NOT NULL,
        created_at  BIGINT NOT NULL,
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, name)
    )",
        "CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)",
    ],
};
