package smokeballsim_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// The simulator is a server of its own. Faults happen on demand: here the second call finds
// no service.
func ExampleNew() {
	sim := smokeballsim.New(smokeballsim.Config{Seed: 1, Rate: -1, Accounts: []smokeballsim.Account{{ID: "11111111-1111-4111-8111-111111111111", Name: "Brown LLC"}}})
	defer sim.Close()
	tokens, err := sim.Grant("11111111-1111-4111-8111-111111111111")
	if err != nil {
		panic(err)
	}
	client := http.Client{Transport: sim.Transport(), Timeout: time.Minute}
	ask := func() {
		req, err := http.NewRequest(http.MethodGet, "http://smokeball.test/firm", nil)
		if err != nil {
			panic(err)
		}
		req.Header.Set("Authorization", "Bearer "+tokens.Access)
		req.Header.Set("x-api-key", "sim-key")
		resp, err := client.Do(req)
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	ask()
	if err := sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: http.StatusServiceUnavailable, Count: 1}); err != nil {
		panic(err)
	}
	ask()
	ask()
	// Output:
	// 200
	// 503
	// 200
}
