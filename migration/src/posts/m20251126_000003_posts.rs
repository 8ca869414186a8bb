//! Posts with their tags and pictures, comments, likes; and what this service keeps of accounts: who has blocked whom, and who is gone.
//!
//! Times are epoch milliseconds. What belongs to a post goes with it. Lists are read by `(created_at, id)`, so every list has an index
//! that ends so. `accounts` has a row for everybody who has written anything, so that there is something to lock.

use crate::tables::Tables;

pub(crate) const POSTS: Tables = Tables {
    name: "m20251126_000003_posts",
    statements: &[
        "CREATE TABLE accounts (
        id      BIGINT  NOT NULL PRIMARY KEY,
        is_gone BOOLEAN NOT NULL
    )",
        "CREATE TABLE blocks (
        id         BIGINT  NOT NULL PRIMARY KEY,
        blocker_id BIGINT  NOT NULL,
        blocked_id BIGINT  NOT NULL,
        is_active  BOOLEAN NOT NULL,
        version    BIGINT  NOT NULL
    )",
        "CREATE INDEX blocks_blocker_id_blocked_id_idx ON blocks (blocker_id, blocked_id)",
        "CREATE INDEX blocks_blocked_id_blocker_id_idx ON blocks (blocked_id, blocker_id)",
        "CREATE TABLE posts (
        id            {ID},
        author_id     BIGINT NOT NULL,
        text          TEXT   NOT NULL,
        given_tags    TEXT   NOT NULL,
        tags          TEXT   NOT NULL,
        like_count    BIGINT NOT NULL CONSTRAINT posts_like_count_check CHECK (like_count >= 0),
        comment_count BIGINT NOT NULL CONSTRAINT posts_comment_count_check CHECK (comment_count >= 0),
        created_at    BIGINT NOT NULL,
        updated_at    BIGINT NOT NULL,
        version       BIGINT NOT NULL,
        seq           BIGINT NOT NULL
    )",
        "CREATE INDEX posts_created_at_id_idx ON posts (created_at, id)",
        "CREATE INDEX posts_author_id_created_at_id_idx ON posts (author_id, created_at, id)",
        "CREATE TABLE post_tags (
        tag        TEXT   NOT NULL,
        created_at BIGINT NOT NULL,
        post_id    BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
        CONSTRAINT post_tags_pkey PRIMARY KEY (tag, created_at, post_id)
    )",
        "CREATE INDEX post_tags_post_id_idx ON post_tags (post_id)",
        "CREATE TABLE media (
        id          {ID},
        owner_id    BIGINT NOT NULL,
        hash        TEXT   NOT NULL,
        width       BIGINT NOT NULL,
        height      BIGINT NOT NULL,
        placeholder TEXT   NOT NULL,
        alt         TEXT   NOT NULL,
        focus_x     DOUBLE PRECISION,
        focus_y     DOUBLE PRECISION,
        variants    TEXT   NOT NULL,
        bytes       BIGINT NOT NULL,
        post_id     BIGINT REFERENCES posts (id) ON DELETE CASCADE,
        position    BIGINT NOT NULL,
        created_at  BIGINT NOT NULL,
        CONSTRAINT media_focus_check CHECK ((focus_x IS NULL) = (focus_y IS NULL))
    )",
        "CREATE INDEX media_post_id_position_idx ON media (post_id, position)",
        "CREATE INDEX media_owner_id_idx ON media (owner_id)",
        "CREATE INDEX media_hash_idx ON media (hash)",
        "CREATE INDEX media_free_idx ON media (created_at) WHERE post_id IS NULL",
        "CREATE TABLE comments (
        id         {ID},
        post_id    BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
        author_id  BIGINT NOT NULL,
        text       TEXT   NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        version    BIGINT NOT NULL
    )",
        "CREATE INDEX comments_post_id_created_at_id_idx ON comments (post_id, created_at, id)",
        "CREATE INDEX comments_author_id_idx ON comments (author_id)",
        "CREATE TABLE likes (
        post_id    BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
        user_id    BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        CONSTRAINT likes_pkey PRIMARY KEY (post_id, user_id)
    )",
        "CREATE INDEX likes_post_id_created_at_user_id_idx ON likes (post_id, created_at, user_id)",
        "CREATE INDEX likes_user_id_idx ON likes (user_id)",
    ],
};
