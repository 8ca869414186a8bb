//! Files of pictures, by their content; and the picture of each account.
//!
//! `media_files` has a row for everything that may be in the store. It is written before the files are, and is deleted in the
//! transaction in which they are; so it is also what uploads and the sweeper lock. `used_at` is when somebody last began to upload this
//! content. A row of `avatars` stays for ever, so that its version only grows. `free_since` is null while a post has the picture.

use crate::tables::Tables;

pub(crate) const MEDIA: Tables = Tables {
    name: "m20251128_000001_media",
    statements: &[
        "CREATE TABLE media_files (
        hash    TEXT   NOT NULL CONSTRAINT media_files_pkey PRIMARY KEY,
        used_at BIGINT NOT NULL
    )",
        "CREATE INDEX media_files_used_at_idx ON media_files (used_at)",
        "CREATE TABLE avatars (
        user_id BIGINT NOT NULL CONSTRAINT avatars_pkey PRIMARY KEY,
        hash    TEXT,
        bytes   BIGINT NOT NULL,
        version BIGINT NOT NULL
    )",
        "CREATE INDEX avatars_hash_idx ON avatars (hash)",
        "ALTER TABLE media ADD COLUMN version BIGINT NOT NULL DEFAULT 1",
        "ALTER TABLE media ADD COLUMN free_since BIGINT",
        "UPDATE media SET free_since = created_at WHERE post_id IS NULL",
        "DROP INDEX media_free_idx",
        "CREATE INDEX media_free_since_idx ON media (free_since) WHERE post_id IS NULL",
    ],
};
