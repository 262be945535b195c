package smokeball

import "github.com/prometheus/client_golang/prometheus"

// allowanceGauges show the state of the allowances whenever they are asked.
type allowanceGauges struct{ calls *caller }

var (
	allowanceRate = prometheus.NewDesc("smokeball_allowance_calls_per_second",
		"Calls a second that Smokeball allows the app that all firms share.", nil, nil)
	allowancePause = prometheus.NewDesc("smokeball_allowance_pause_seconds",
		"What is left of the pause of all calls after Smokeball answered 429, in the allowance that all firms share.", nil, nil)
	allowanceWaiting = prometheus.NewDesc("smokeball_allowance_waiting",
		"Calls that wait for their slot in any allowance, by priority: clicked, live, bulk or background.", []string{"priority"}, nil)
)

// Describe implements prometheus.Collector.
func (g allowanceGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- allowanceRate
	ch <- allowancePause
	ch <- allowanceWaiting
}

// Collect implements prometheus.Collector.
func (g allowanceGauges) Collect(ch chan<- prometheus.Metric) {
	shared := g.calls.shared.limiter.Allowance()
	ch <- prometheus.MustNewConstMetric(allowanceRate, prometheus.GaugeValue, shared.PerSecond)
	ch <- prometheus.MustNewConstMetric(allowancePause, prometheus.GaugeValue, shared.PausedFor.Seconds())
	for p, n := range g.calls.waitingOf() {
		ch <- prometheus.MustNewConstMetric(allowanceWaiting, prometheus.GaugeValue, float64(n), Priority(p).String())
	}
}

// waitingOf counts the calls that wait for their slot in any allowance, by priority.
func (c *caller) waitingOf() [priorities]int {
	n := c.shared.limiter.waiting()
	for _, own := range c.own {
		for p, more := range own.limiter.waiting() {
			n[p] += more
		}
	}
	return n
}
