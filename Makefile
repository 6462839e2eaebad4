# Jiaohao. "make help" lists the targets; "make demo" and "make test" set up
# everything that they need themselves.

SHELL      := /bin/bash
DEVICES    := dispenser display announcer probe terminal
DEVICES_AT := ./firmware/cmd/dispenser ./firmware/cmd/display ./firmware/cmd/announcer ./firmware/cmd/probe ./terminal/cmd/terminal
PROGRAMS   := ./hub/cmd/hub $(DEVICES_AT)
# Device programs are at most 8 MB: no inlining, and no HTTP/2, which a page on
# localhost does not need.
DEVICE_MAX := 8000000
SMALL      := -tags nethttpomithttp2 -gcflags=all=-l
LDFLAGS    := -s -w
HTTP       ?= 127.0.0.1:8080
MQTT       ?= 127.0.0.1:1883
DATA       ?= data/demo
T          ?= 30s
export CGO_ENABLED = 0

.DEFAULT_GOAL := check

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: ## a whole hall on this machine: open http://127.0.0.1:8080
	@go build -o bin/hub ./hub/cmd/hub
	@exec bin/hub demo --http $(HTTP) --mqtt $(MQTT) --data $(DATA)

.PHONY: test
test: setup vet ## everything that must hold: vet, all tests, the browser walk
	JIAOHAO_FULL=1 go test -timeout 10m ./...

.PHONY: setup
setup:
	@.ci/setup

.PHONY: vet
vet:
	@test -z "$$(gofmt -s -l hub firmware terminal protocol)" || { gofmt -s -l hub firmware terminal protocol; echo "run gofmt -s -w on these"; exit 1; }
	go vet ./...

.PHONY: check
check: vet ## the quick round: vet and all tests that need nothing installed
	go test ./...

.PHONY: race
race: ## all tests under the race detector
	CGO_ENABLED=1 go test -race ./...

.PHONY: fuzz
fuzz: ## each fuzz target for T (30s)
	@grep -rlE '^func Fuzz' --include=*_test.go hub firmware terminal protocol | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$target"; go test ./$$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(T) || exit 1; \
		done; done

.PHONY: golden
golden: ## rewrites the golden files and shows what changed
	go test ./... -run 'Golden|Scenario|Slip|Frame|Panels|Pictures' -update; git diff --stat

.PHONY: bench
bench: ## the benchmarks, as ratios within one run
	go test -run '^$$' -bench . -benchtime 2s $$(go list ./hub/... ./protocol/... ./firmware/display ./firmware/ddp | grep -v simulation)
	go test -run '^$$' -bench PressToLEDs -benchtime 1x ./hub/simulation
	go test -run '^$$' -bench PressToPaper -benchtime 5x ./firmware/dispenser

.PHONY: build
build: ## the programs for this machine, in bin/
	go build -trimpath -o bin/ $(PROGRAMS)

.PHONY: cross
cross: ## the programs for linux arm v6, arm64 and amd64, in bin/; device programs for ARM at most 8 MB
	@set -e; for arch in arm arm64 amd64; do \
		mkdir -p bin/$$arch; \
		GOOS=linux GOARCH=$$arch GOARM=6 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/$$arch/ ./hub/cmd/hub; \
		GOOS=linux GOARCH=$$arch GOARM=6 go build -trimpath $(SMALL) -ldflags "$(LDFLAGS)" -o bin/$$arch/ $(DEVICES_AT); \
		for p in $(DEVICES); do \
			size=$$(stat -c %s bin/$$arch/$$p); echo "$$arch $$p $$size bytes"; \
			[ $$arch = amd64 ] || [ $$size -le $(DEVICE_MAX) ] || { echo "$$p is larger than $(DEVICE_MAX) bytes"; exit 1; }; \
		done; done

.PHONY: vm-test
vm-test: ## the real ARM programs on a real kernel: edges, SPI, printer, pulled cables, power cuts (about 12 minutes)
	@.ci/vm/run

.PHONY: sim
sim: ## long simulation: SEED=1 DAYS=10, and every invariant of the engine over HALLS=10000 random halls
	go test ./hub/queue -rapid.checks=$(or $(HALLS),10000) -timeout 1h
	go test ./hub/simulation -run 'Days|Hours' -seed $(or $(SEED),1) -days $(or $(DAYS),10) -timeout 2h

.PHONY: voice
voice: ## makes the spoken words again (needs espeak-ng)
	go run ./firmware/voice/internal/makeclips -all

.PHONY: voice-sample
voice-sample: ## ten calls in a burst, in two languages, as bin/ten-calls.wav to listen to
	@mkdir -p bin
	go test -count=1 -run TenCalls ./firmware/voice -wav "$(CURDIR)/bin/ten-calls.wav"
	@ls -l bin/ten-calls.wav

.PHONY: clean
clean: ## removes bin/ and the demo's data
	rm -rf bin data
