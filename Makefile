# What can be done here. Everything that a target needs is installed by scripts/setup.

# What a program calls is bound when it starts, so that the table of that can be read-only afterwards; and libraries are
# looked for where the system has them, not beside the program.
SWIFT_BUILD = swift build -c release --static-swift-stdlib --disable-local-rpath -Xlinker -z -Xlinker now
STATE ?= $(CURDIR)/build/run

.PHONY: help setup build programs deb demo run install test test-systemd test-packages torture torture-short mutants fuzz fuzz-short instructions allocations bench bench-build \
	bench-steps bench-scale bench-wakeup bench-writes bench-contention bench-workers check format proto \
	clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian packages)
	@scripts/setup

build: setup ## build the release programs
	@$(MAKE) --no-print-directory programs

# Without looking for packages, and so without the network: debian/rules builds so too.
programs:
	@$(SWIFT_BUILD) --product tokend
	@$(SWIFT_BUILD) --product tokend-client

deb: setup ## build the Debian packages, in build/deb
	@scripts/deb

demo: build ## play the life of a token on a daemon of its own
	@scripts/demo

run: build ## run tokend in the foreground, with its state in build/run
	@mkdir -p $(STATE)
	@echo "In another terminal:"
	@echo "  export TOKEND_SOCKET=$(STATE)/validate.sock TOKEND_ADMIN_SOCKET=$(STATE)/admin.sock"
	@echo "  export PATH=$$PWD/.build/release:\$$PATH"
	@exec .build/release/tokend --state-dir $(STATE)/state --listen $(STATE)/validate.sock --admin-listen $(STATE)/admin.sock

install: ## install what was built, below DESTDIR if it is set
	@scripts/install

test: setup ## run every test
	@scripts/test

test-systemd: build ## boot a systemd in namespaces of its own and test the units there (as root; a minute)
	@scripts/test-systemd $(THEMES)

test-packages: deb ## install, upgrade, remove and purge the packages on a systemd booted for it (as root; two minutes)
	@scripts/test-systemd packages

MINUTES ?= 10
torture: build ## faults of every kind against an oracle (as root; MINUTES=10 for all of it, SEED=7, TESTS="disk crashes")
	@$(SWIFT_BUILD) --product tokend-torture
	@case " $(TESTS) " in "  " | *" simulation "*) swift build --product tokend-simulation ;; esac
	@SEED=$(SEED) TABLE=$(TABLE) scripts/torture $(MINUTES) $(TESTS)

# What is measured is left out: it is no fact.
torture-short: setup ## the same in short: half a minute, once it is built (as root)
	@swift build --product tokend-torture
	@swift build --product tokend-simulation
	@BUILD=.build/debug scripts/torture 1 crashes disk schemas damage calls clock linearizability simulation

mutants: setup ## put faults into the daemon that the tests must catch (as root; five minutes; MUTANTS="syncs-off", SEED=7)
	@SEED=$(SEED) scripts/mutants $(MUTANTS)

SECONDS_EACH ?= 60
fuzz: setup ## have libFuzzer make up what others might send (SECONDS_EACH=60, for each of six readers, or TARGETS="rows frame")
	@scripts/fuzz $(SECONDS_EACH) $(TARGETS)

fuzz-short: setup ## the same for three seconds each
	@scripts/fuzz 3

bench-build: build
	@$(SWIFT_BUILD) --product tokend-bench

bench: bench-build ## time Validate beside an echo server and Redis (five minutes; writes docs/benchmarks; TOKENS=1000000)
	@scripts/bench-service $(TOKENS)

instructions: bench-build ## show that a Validate takes no more instructions than it did (half a minute)
	@scripts/bench-steps check

allocations: bench-build ## show that a Validate allocates nothing
	@scripts/allocations $(REQUESTS)

bench-steps: bench-build ## count the instructions of each step of a Validate (five minutes)
	@scripts/bench-steps

bench-scale: bench-build ## time a thousand tokens to ten million, and pages of their listings (half an hour)
	@scripts/bench-scale $(TOKENS)

bench-wakeup: bench-build ## time lone calls with and without polling before sleep (two minutes)
	@scripts/bench-wakeup $(TOKENS)

bench-writes: bench-build ## time durable creates and revokes beside Redis (two minutes); PLACE= a directory to write in
	@scripts/bench-writes

bench-contention: bench-build ## time Validate with and without writes beside it (a quarter of an hour); PLACE= a directory to write in
	@scripts/bench-contention $(TOKENS)

bench-workers: bench-build ## time one worker against two (some minutes)
	@scripts/bench-workers $(TOKENS)

check: setup ## formatting, generated code, tidiness
	@scripts/check

format: ## format the sources
	@swift format -i -r Sources Tests Package.swift

proto: setup ## compile proto/ again
	@scripts/generate-proto

clean: ## remove everything that was built
	@rm -rf .build build
