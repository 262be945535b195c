# The short names of what a contributor runs; .ci/run is what a change has to pass.
.DEFAULT_GOAL := help
.PHONY: help demo test race bench fuzz crash lint docs picture

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

demo: ## Play the whole story on this machine
	go run ./cmd/smokeball-sync demo --once

test: ## Run all tests
	go test ./...

race: ## Run all tests with the race detector, on one processor as .ci/run says
	go test -race -cpu 1 -timeout 20m ./...

bench: ## Measure what the engine costs beside peers, and write docs/benchmarks.md
	go run ./internal/rig/bench

fuzz: ## Give every fuzz target 20,000 inputs
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
		grep -oE '^func Fuzz\w+' "$$file" | cut -c6- | while read -r target; do \
			go test "$$(dirname "$$file")" -run '^$$' -fuzz "^$$target$$" -fuzztime 20000x </dev/null || exit 1; \
		done || exit 1; \
	done

crash: ## Kill real engines in every way that they promise to survive, the short form
	go run ./internal/rig/crashtest -short

lint: ## Check formatting, vet and staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

docs: ## Write the generated parts of the documents, and correct links to code
	go test ./internal/doccheck -update

picture: ## Take the pictures of the documents again; requires Chromium
	go test ./internal/doccheck -run 'TestPicture|TestTheSetupGuide$$' -picture
