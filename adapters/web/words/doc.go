// Package words writes times, spans, numbers and sentences as people read them.
package words
