// Package demo plays the whole story on one machine: an engine, a simulated Smokeball and
// CaseHug's services, from the first connection to the last synced matter. Started again on the
// same data, it continues.
package demo
