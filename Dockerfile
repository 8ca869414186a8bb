# One image with every program; a container says which one it runs.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p gateway -p users -p posts -p feed -p migration -p standalone --features posts/s3,standalone/s3 --bins \
    && mkdir /out && cp target/release/gateway target/release/users target/release/posts target/release/feed target/release/migration target/release/agora /out/

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/agora agora
COPY --from=build /out/ /usr/local/bin/
# Whom a bucket is believed (MEDIA_URL).
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER agora
WORKDIR /var/lib/agora
EXPOSE 8001
CMD ["agora", "run", "--listen", "0.0.0.0:8001"]
