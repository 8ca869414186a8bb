# Every command of the project. `make` alone says what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# To a machine that builds once neither incremental artefacts nor debug information are of use: without them `target` is 3 GB.
# A panic still names its line.
ifeq ($(CI),true)
export CARGO_INCREMENTAL := 0
export CARGO_PROFILE_DEV_DEBUG := none
endif

# The tests in a real browser are those of this name.
ifeq ($(SKIP_BROWSER),1)
LEFT_OUT := -- --skip asks_nobody_else
endif

BIN := $(or $(CARGO_TARGET_DIR),target)/debug

.PHONY: help
help: ## say what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: run
run: ## start everything in one process on http://127.0.0.1:8001, data in ./data
	cargo run --locked

.PHONY: test
test: setup fmt-check lint doc build deny ## set up what is missing, then run every check and every test
	rm -f target/seen.jsonl
	$(BIN)/xtask with-postgres -- cargo test --workspace --locked --no-fail-fast $(LEFT_OUT)
	cargo test --workspace --features posts/s3 --test s3 --locked
	$(BIN)/seen

.PHONY: setup
setup: ## install what the tests need, where that is possible
	scripts/setup

.PHONY: build
build: ## build every program and every test
	cargo build --workspace --bins --tests --locked

.PHONY: fmt
fmt: ## format the sources
	cargo fmt --all

.PHONY: fmt-check
fmt-check: ## fail if the sources are not formatted
	cargo fmt --all -- --check

.PHONY: lint
lint: ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --features posts/s3 --test s3 --locked -- -D warnings

.PHONY: doc
doc: ## document the crates, private items too; warnings are errors
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --workspace --no-deps --document-private-items --locked

.PHONY: deny
deny: ## licences and bans of dependencies, if cargo-deny is installed
	@if cargo deny --version >/dev/null 2>&1; then \
	    cargo deny --log-level error check bans licenses sources; \
	else \
	    echo "cargo-deny is not installed: licences and bans are not checked (cargo install cargo-deny)"; \
	fi

.PHONY: tidy
tidy: ## the conventions of the tree
	cargo xtask tidy

.PHONY: openapi
openapi: build ## rewrite openapi/*.json from the code: first each service's, then the public one
	$(BIN)/users openapi > target/users.json && mv target/users.json openapi/users.json
	$(BIN)/posts openapi > target/posts.json && mv target/posts.json openapi/posts.json
	$(BIN)/feed openapi > target/feed.json && mv target/feed.json openapi/feed.json
	$(BIN)/gateway openapi --own > target/gateway.json && mv target/gateway.json openapi/gateway.json
	$(BIN)/gateway openapi --contracts openapi > target/public.json && mv target/public.json openapi/public.json

.PHONY: bench
bench: ## what a request costs, against nginx and Varnish; what the whole process weighs
	cargo build --release --locked -p standalone
	cargo bench --locked -p gateway --bench proxy

.PHONY: bench-feed
bench-feed: ## timelines and the public feed with 10 thousand to 1 million posts, on SQLite and PostgreSQL
	cargo xtask with-postgres -- cargo bench --locked -p feed --bench scale

.PHONY: soak
soak: ## a quarter of an hour of load: no answer goes astray, memory stays bounded, a hung service harms nobody, reloads lose nothing
	cargo bench --locked -p gateway --bench soak

.PHONY: chaos
chaos: build ## kill any process 20 times while others write; 1,000 posts while feed or the bus is away: nothing is lost or done twice
	CHAOS_ROUNDS=20 $(BIN)/xtask with-postgres -- cargo test --locked -p standalone --test system processes::chaos -- --nocapture --test-threads=1

.PHONY: clean
clean: ## remove what was built; data stays
	cargo clean
