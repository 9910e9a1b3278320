# Two commands are all there is to know: `make demo` and `make test`.

.DEFAULT_GOAL := help
.PHONY: help demo test build web tools peers format lint unit browser fuzz bench clean

DEMO_DIRECTORY ?= demo-data
FUZZ ?= smoke

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

tools: ## Check the tools that are needed, and install what can be
	@sh deploy/tools.sh

web/node_modules: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch web/node_modules

web/dist/index.html: web/node_modules $(shell find web/src web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run build --silent

web: web/dist/index.html ## Build the page

build: tools web ## Build server and simulator for the demo
	cargo build --locked --profile demo -p plomb-server -p plomb-simulator

demo: build ## Start the server with live simulated traffic and print address and log-in
	@sh deploy/demo.sh target/demo/plomb target/demo/plomb-simulator $(DEMO_DIRECTORY)

format: web/node_modules
	cargo fmt --all --check
	cd web && npx prettier --check --log-level warn .

lint: web
	cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
	cargo xtask tidy
	sh deploy/firmware-build.sh
	cd web && npm run --silent check && npm run --silent lint

peers: ## Install the independent implementations that the tests compare with
	@sh deploy/peers.sh

unit: web peers ## Unit, vector, property and integration tests
	cargo test --locked --workspace --quiet
	cd web && npm test --silent

browser: web ## The page in a real browser, against the real server and simulated devices
	cargo build --locked --profile demo -p plomb-server -p plomb-simulator
	sh deploy/browser-test.sh target/demo/plomb target/demo/plomb-simulator

fuzz: ## Every fuzz target with the same inputs each time; FUZZ=60 explores for 60 seconds a target
	sh fuzz/run.sh $(FUZZ)

test: tools format lint unit fuzz browser ## Everything: format, lints, unit, integration, fuzz smoke, browser

bench: ## The figures of docs/performance.md
	cargo bench --locked -p plomb-devices -p plomb-places -p plomb-store -p plomb-epcis
	sh benches/run.sh

clean: ## Remove what was built
	cargo clean
	rm -rf web/dist web/node_modules fuzz/target $(DEMO_DIRECTORY)
