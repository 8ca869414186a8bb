//! What `feed` knows of accounts, follows, blocks and posts, and what it makes of them: timelines, tags, and what is searched.
//!
//! Times are epoch milliseconds. Ids are those of the services that own the things, and no row refers to another: they are told in any
//! order. What was deleted keeps its row, so that nothing older brings it back. `tags` and `media` are JSON.
//!
//! The words of a post are in one table under one name on both engines: for SQLite an FTS5 index without a copy of the text, for
//! PostgreSQL lexemes under a GIN index. Names are found by how they begin, which needs the order of bytes on PostgreSQL.

use crate::tables::Tables;

pub(crate) const POSTS: Tables = Tables {
    name: "m20251127_000001_posts",
    statements: &[
        "CREATE TABLE authors (
        id           BIGINT  NOT NULL PRIMARY KEY,
        username     TEXT    NOT NULL,
        display_name TEXT    NOT NULL,
        search_name  TEXT    NOT NULL,
        avatar       TEXT,
        is_active    BOOLEAN NOT NULL,
        deleted      BOOLEAN NOT NULL,
        version      BIGINT  NOT NULL
    )",
        "{SQLITE}CREATE INDEX authors_username_idx ON authors (username)",
        "{SQLITE}CREATE INDEX authors_search_name_idx ON authors (search_name)",
        "{POSTGRES}CREATE INDEX authors_username_idx ON authors (username text_pattern_ops)",
        "{POSTGRES}CREATE INDEX authors_search_name_idx ON authors (search_name text_pattern_ops)",
        "CREATE TABLE follows (
        id          BIGINT  NOT NULL PRIMARY KEY,
        follower_id BIGINT  NOT NULL,
        followed_id BIGINT  NOT NULL,
        active      BOOLEAN NOT NULL,
        since       BIGINT  NOT NULL,
        version     BIGINT  NOT NULL
    )",
        "CREATE INDEX follows_followed_id_idx ON follows (followed_id, follower_id) WHERE active",
        "CREATE INDEX follows_follower_id_idx ON follows (follower_id, followed_id) WHERE active",
        "CREATE TABLE blocks (
        id         BIGINT  NOT NULL PRIMARY KEY,
        blocker_id BIGINT  NOT NULL,
        blocked_id BIGINT  NOT NULL,
        active     BOOLEAN NOT NULL,
        version    BIGINT  NOT NULL
    )",
        "CREATE INDEX blocks_blocker_id_idx ON blocks (blocker_id, blocked_id) WHERE active",
        "CREATE INDEX blocks_blocked_id_idx ON blocks (blocked_id, blocker_id) WHERE active",
        "CREATE TABLE posts (
        id            BIGINT  NOT NULL PRIMARY KEY,
        author_id     BIGINT  NOT NULL,
        text          TEXT    NOT NULL,
        tags          TEXT    NOT NULL,
        media         TEXT    NOT NULL,
        like_count    BIGINT  NOT NULL,
        comment_count BIGINT  NOT NULL,
        created_at    BIGINT  NOT NULL,
        updated_at    BIGINT  NOT NULL,
        version       BIGINT  NOT NULL,
        seq           BIGINT  NOT NULL,
        deleted       BOOLEAN NOT NULL
    )",
        "CREATE INDEX posts_created_at_id_idx ON posts (created_at, id) WHERE NOT deleted",
        "CREATE INDEX posts_author_id_created_at_id_idx ON posts (author_id, created_at, id) WHERE NOT deleted",
        "CREATE TABLE post_tags (
        tag        TEXT   NOT NULL,
        created_at BIGINT NOT NULL,
        post_id    BIGINT NOT NULL,
        CONSTRAINT post_tags_pkey PRIMARY KEY (tag, created_at, post_id)
    )",
        "CREATE INDEX post_tags_post_id_idx ON post_tags (post_id)",
        "CREATE TABLE tags (
        tag         TEXT   NOT NULL CONSTRAINT tags_pkey PRIMARY KEY,
        posts_count BIGINT NOT NULL CONSTRAINT tags_posts_count_check CHECK (posts_count > 0)
    )",
        "CREATE INDEX tags_posts_count_tag_idx ON tags (posts_count, tag)",
        "{POSTGRES}CREATE INDEX tags_tag_idx ON tags (tag text_pattern_ops)",
        "CREATE TABLE timeline (
        user_id    BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        post_id    BIGINT NOT NULL,
        author_id  BIGINT NOT NULL,
        CONSTRAINT timeline_pkey PRIMARY KEY (user_id, created_at, post_id)
    )",
        "CREATE INDEX timeline_author_id_user_id_idx ON timeline (author_id, user_id)",
        "CREATE INDEX timeline_post_id_idx ON timeline (post_id)",
        "CREATE TABLE read_authors (author_id BIGINT NOT NULL CONSTRAINT read_authors_pkey PRIMARY KEY)",
        "{SQLITE}CREATE VIRTUAL TABLE post_words USING fts5 (
        words, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0 tokenchars '_'\"
    )",
        "{POSTGRES}CREATE TABLE post_words (
        rowid BIGINT   NOT NULL CONSTRAINT post_words_pkey PRIMARY KEY,
        words TSVECTOR NOT NULL
    )",
        "{POSTGRES}CREATE INDEX post_words_words_idx ON post_words USING GIN (words)",
    ],
};
