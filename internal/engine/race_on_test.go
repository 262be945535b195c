//go:build race

package engine

// raceDetector says whether these tests run under the race detector.
const raceDetector = true
