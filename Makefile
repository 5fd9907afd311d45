# Two commands are all that a new machine needs: `make demo` and `make test`. They share one debug build.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export SWIFT ?= swift
CHECKS := --explicit-target-dependency-import-check error
BIN := .build/debug

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install missing system packages (Debian: libpq and libcurl headers, PostgreSQL, Python)
	@deploy/install-packages

.PHONY: test-setup
test-setup:
	@deploy/install-packages --tests

.PHONY: build
build: setup ## Build everything, tests included
	$(SWIFT) build --build-tests $(CHECKS)

.PHONY: demo
demo: build ## Start the embedded default, run real workflows, kill a robot, show the results
	@examples/demo $(BIN)

# Tests/run ends with what failed. Whole processes are not run beside a thousand other tests, and what has a few
# seconds for all it does beside none.
APART = CasareSystemTests
ALONE = SessionLossTests|JobRunTests|RobotEndingTests
CHAOS = ChaosTests
PROPERTIES = QueueProperties|SlotProperties
CHAOS_SEEDS ?= 1..1000
CHAOS_LANES ?= 2

.PHONY: test
test: test-setup lint build ## Run all tests
	Tests/run --no-parallel --filter '$(ALONE)'
	Tests/run --skip '$(APART)|$(ALONE)'
	Tests/run --filter '$(APART)' --skip '$(CHAOS)'
	Tests/run --filter '$(CHAOS)'

.PHONY: properties
properties: test-setup build ## Hold 10,000 random sequences of operations against the model of the queue, and make 10,000 interruptions
	CASARE_TEST_SEQUENCES=10000 CASARE_TEST_INTERRUPTIONS=10000 Tests/run --filter '$(PROPERTIES)'

.PHONY: chaos
chaos: ## Run 1,000 seeded schedules of faults; stopped, it goes on where it was (CHAOS_SEEDS, CHAOS_LANES)
	@deploy/install-packages --chaos
	$(SWIFT) build $(CHECKS)
	@bench/chaos/run $(BIN) --self-test
	@bench/chaos/run $(BIN) --seeds $(CHAOS_SEEDS) --lanes $(CHAOS_LANES) --state .build/chaos.jsonl

.PHONY: model
model: ## Check the model of the lease protocol, and that its mutants fail
	@deploy/install-packages --model
	@Tests/Model/check

.PHONY: alerts
alerts: ## Check the alert rules, run their tests, and check who is told
	@deploy/install-packages --alerts
	@alerts/check

.PHONY: alerts-drill
alerts-drill: setup ## Make each alert fire by a real fault, and resolve, and ask for what every dashboard shows
	@deploy/install-packages --alerts
	$(SWIFT) build $(CHECKS)
	@alerts/drill $(BIN)

.PHONY: dashboards
dashboards: ## Make dashboards/*.json from dashboards/dashboards.toml and the alerts' thresholds
	@dashboards/generate

.PHONY: lint
lint: ## Check the formatting
	@git ls-files -co --exclude-standard '*.swift' | xargs $(SWIFT) format lint --strict --parallel

.PHONY: format
format: ## Format all Swift files
	@git ls-files -co --exclude-standard '*.swift' | xargs $(SWIFT) format format --in-place --parallel

.PHONY: docs
docs: ## Make docs/nodes.md from the node types' declarations
	$(SWIFT) build --product casarectl $(CHECKS)
	$(BIN)/casarectl workflow nodes -o markdown > docs/nodes.md.new
	@mv docs/nodes.md.new docs/nodes.md

.PHONY: release
release: setup ## Build the programs optimised, in .build/release
	$(SWIFT) build -c release $(CHECKS)

.PHONY: bench
bench: release ## Measure; prints the figures of docs/benchmarks.md
	@bench/run .build/release

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build
