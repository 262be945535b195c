package smokeball_test

import (
	"context"
	"fmt"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// Every call waits for a slot. Slots go to the most urgent priority first, firm by firm.
func ExampleNewLimiter() {
	limiter := smokeball.NewLimiter(1000, 5)
	ctx := smokeball.WithPriority(context.Background(), "f_oak", smokeball.Clicked)
	for range 3 {
		sent, err := limiter.Wait(ctx)
		if err != nil {
			panic(err)
		}
		sent() // the call has left
	}
	fmt.Println(limiter.Allowance().UsedLastMinute, "calls")
	// Output: 3 calls
}
