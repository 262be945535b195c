package smokeball

import (
	"encoding/json"
	"testing"
)

func TestWholeNumber(t *testing.T) {
	for text, want := range map[string]int64{
		"3600": 3600, "3600.0": 3600, "3.6e3": 3600, "-2.9": -2, "637558795239278688": 637558795239278688, "6.37558795239278688e17": 637558795239278688,
	} {
		if got, ok := wholeNumber(text); !ok || got != want {
			t.Errorf("%s is %d, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "x", "1/2", "0x10", "1e999999999", "1e-999999999", "1_000", "99999999999999999999", "NaN", "1e30"} {
		if got, ok := wholeNumber(text); ok {
			t.Errorf("%s is %d", text, got)
		}
	}
}

func FuzzLooseInt(f *testing.F) {
	for _, seed := range []string{"3600.0", `"3600"`, "1e99", "null", "{}", "[1]", "true"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var n looseInt
		if json.Valid(text) && json.Unmarshal(text, &n) != nil {
			t.Errorf("%s is refused", text)
		}
	})
}
