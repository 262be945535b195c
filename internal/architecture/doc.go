// Package architecture holds no code: its tests hold the module to its import table,
// which says for every package what else of this module it may import, and why.
package architecture
