// Package doccheck holds no code: its tests hold the documents to the code. They run the
// commands of README.md, CONTRIBUTING.md and docs/, follow every link, and compare the
// generated parts with what the code and a running demo say.
//
//	go test ./internal/doccheck -update
//
// writes the generated parts again and corrects links to declarations that have moved.
package doccheck
