package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestAnAccountServesOneFirm(t *testing.T) {
	var c domain.Claim
	taken, err := c.Take("f_1")
	if err != nil || len(taken) != 1 {
		t.Fatalf("the first firm gets %v, %v", taken, err)
	}
	c = c.Apply(taken[0], start)
	if again, err := c.Take("f_1"); err != nil || len(again) != 0 {
		t.Errorf("the same firm again gets %v, %v", again, err)
	}
	if _, err := c.Take("f_2"); domain.AsRejection(err) == nil || domain.AsRejection(err).Failure.Code != domain.CodeAccountInUse {
		t.Errorf("another firm gets %v", err)
	}
	if freed := c.Free("f_2"); len(freed) != 0 {
		t.Errorf("another firm frees it: %v", freed)
	}
	c = c.Apply(c.Free("f_1")[0], start)
	if next, err := c.Take("f_2"); err != nil || len(next) != 1 {
		t.Errorf("after it is free, another firm gets %v, %v", next, err)
	}
}
