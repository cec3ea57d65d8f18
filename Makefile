# What can be done here. Everything that a target needs is installed by scripts/setup.

SWIFT_BUILD = swift build -c release --static-swift-stdlib
STATE ?= $(CURDIR)/build/run

.PHONY: help setup build demo run test bench bench-build bench-scale bench-listing bench-wakeup check format proto clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian packages)
	@scripts/setup

build: setup ## build the release programs
	@$(SWIFT_BUILD) --product tokend
	@$(SWIFT_BUILD) --product tokend-client

demo: build ## play the life of a token on a daemon of its own
	@scripts/demo

run: build ## run tokend in the foreground, with its state in build/run
	@mkdir -p $(STATE)
	@echo "In another terminal:"
	@echo "  export TOKEND_SOCKET=$(STATE)/validate.sock TOKEND_ADMIN_SOCKET=$(STATE)/admin.sock"
	@echo "  export PATH=$$PWD/.build/release:\$$PATH"
	@exec .build/release/tokend --state-dir $(STATE)/state --listen $(STATE)/validate.sock --admin-listen $(STATE)/admin.sock

test: setup ## run every test
	@scripts/test

bench-build: build
	@$(SWIFT_BUILD) --product tokend-bench

bench: bench-build ## time Validate beside an echo server and Redis (five minutes)
	@scripts/bench-service $(TOKENS)

bench-scale: bench-build ## time a thousand tokens to a million (some minutes)
	@scripts/bench-scale $(TOKENS)

bench-listing: bench-build ## time pages of a listing of a million tokens (some minutes)
	@scripts/bench-listing $(TOKENS)

bench-wakeup: bench-build ## time lone calls with and without polling before sleep (two minutes)
	@scripts/bench-wakeup $(TOKENS)

check: setup ## formatting, generated code, tidiness
	@scripts/check

format: ## format the sources
	@swift format -i -r Sources Tests Package.swift

proto: setup ## compile proto/ again
	@scripts/generate-proto

clean: ## remove everything that was built
	@rm -rf .build build
