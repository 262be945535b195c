//go:build race

package main

// raceDetector says whether these tests run under the race detector.
const raceDetector = true
