package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPlaceHasANetworkOfItsOwnAndNothingElse: a program at a place sees the mounts
// of this one: with copies of them it would hold a disk that another campaign unmounts.
func TestAPlaceHasANetworkOfItsOwnAndNothingElse(t *testing.T) {
	if !mayCutOff() {
		t.Skip(errNoNamespaces)
	}
	p := &place{name: fmt.Sprintf("ct%d-test", os.Getpid())}
	t.Cleanup(p.clear)
	if err := ip(t.Context(), "netns add "+p.name); err != nil {
		t.Skip("there are no network namespaces here:", err)
	}
	for kind, same := range map[string]bool{"mnt": true, "net": false} {
		log := filepath.Join(t.TempDir(), kind)
		there, err := p.start(log, nil, "readlink", "/proc/self/ns/"+kind)
		if err != nil {
			t.Fatal(err)
		}
		here, err := os.Readlink("/proc/self/ns/" + kind)
		if err != nil || !there.endsWithin(t.Context(), timeout) {
			t.Fatal("it does not end", err)
		}
		if said := lastLine(log); !strings.HasPrefix(said, kind+":") || (said == here) != same {
			t.Errorf("the namespace %s is %q there and %q here", kind, said, here)
		}
	}
}
