# `make help` lists the targets. Nothing but a Rust toolchain is needed for `make` and `make lab`.
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
CARGO ?= cargo
CARGO_TARGET_DIR ?= target
FUZZ_SECONDS ?= 60
BUILD := $(CARGO_TARGET_DIR)/release
LAB := $(CARGO_TARGET_DIR)/lab

build: ## the three binaries, optimised
	$(CARGO) build --release --bins

lab: ## build, then rehearse the article's pair in namespaces, without root
	$(CARGO) build --profile lab --bins
	$(LAB)/hawser lab $(LABARGS)

test: ## everything; the last line is "N passed, N failed, N skipped"
	tests/run

fuzz: ## cargo-fuzz on every target, FUZZ_SECONDS each
	tests/fuzz/run $(FUZZ_SECONDS)

bench: build ## side by side with the original haproxy: cycles per request
	tests/bench/run $(BENCHARGS) $(BUILD)/haproxy

install: build man ## to DESTDIR/PREFIX: haproxy, keepalived, hawser, man pages
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8
	install -m 755 $(BUILD)/haproxy $(DESTDIR)$(SBINDIR)/haproxy
	install -m 755 $(BUILD)/keepalived $(DESTDIR)$(SBINDIR)/keepalived
	install -m 755 $(BUILD)/hawser $(DESTDIR)$(BINDIR)/hawser
	for s in 1 5 8; do for f in $(CARGO_TARGET_DIR)/man/*.$$s; do \
		[ ! -e "$$f" ] || install -m 644 "$$f" $(DESTDIR)$(MANDIR)/man$$s/ || exit 1; done; done

man: build ## man pages and the table of keywords, written from the keyword table into target/man
	packaging/man $(BUILD)/hawser $(CARGO_TARGET_DIR)/man

deb: build man ## a Debian package that diverts the distribution's haproxy and keepalived
	packaging/deb $(BUILD) $(CARGO_TARGET_DIR)/man $(CARGO_TARGET_DIR)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

.PHONY: build lab test fuzz bench install man deb help
.DEFAULT_GOAL := build
