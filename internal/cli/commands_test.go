package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// tellsOf names for each command the test that runs it.
var tellsOf = map[string]string{
	"serve": "TestServeNamesAllThatIsMissing", "demo": "TestDemoTellsTheStoryOnce", "dev-sign-in": "TestADevelopersSignInPage", "history": "TestOperatorAsksRunningAndStoppedEngine",
	"preview": "TestOperatorAsksRunningAndStoppedEngine", "replay": "TestAFirmsHistoryIsReplayedThroughOtherMappings", "sync": "TestBulkSyncFromTheCommandLine",
	"bulk": "TestBulkSyncFromTheCommandLine", "status": "TestOperatorAsksRunningAndStoppedEngine", "keys": "TestKeysAreRotatedWhileTheEngineWorks",
	"dead-letters": "TestOperatorsSettleDeadLetters", "rebuild": "TestViewsAreRebuiltWhileTheEngineRunsAndWhileItDoesNot", "provenance": "TestDifferencesAreDecidedByCommand",
	"search": "TestAMatterIsLinkedByCommand", "link": "TestAMatterIsLinkedByCommand", "unlink": "TestAMatterIsLinkedByCommand", "seal": "TestALedgerWrittenBeforeIsErasedAfterItWasSealed",
	"erase": "TestTheCommandErases", "drift": "TestDifferencesAreDecidedByCommand", "doctor": "TestDoctorOfAHealthyEngine", "completion": "TestScriptsOfTheShells", "version": "TestVersion",
	"copy": "TestALedgerMovesToAClusterAndBack", "backup": "TestARestoredEngineMakesNothingTwice", "restore": "TestARestoredEngineMakesNothingTwice", "ready": "TestReadyFailsWithoutAnEngine",
	"retention": "TestWhatHasExpiredIsGone",
}

// TestEveryCommandHasItsTest holds the table above to the command line and to the tests.
func TestEveryCommandHasItsTest(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	seen := map[string]bool{}
	for f := range reflect.TypeFor[commands]().Fields() {
		if _, is := f.Tag.Lookup("cmd"); !is {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		seen[name] = true
		if test := tellsOf[name]; test == "" || !regexp.MustCompile(`(?m)^func `+test+`\(`).MatchString(text.String()) {
			t.Errorf("the command %s has no test: %q", name, test)
		}
	}
	for name := range tellsOf {
		if !seen[name] {
			t.Errorf("there is no command %s", name)
		}
	}
}
