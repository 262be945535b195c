// Package config reads the engine's settings from the command line's flags, the environment and
// the --config file, and checks them. It reports all faults at once, each with the setting's value
// and what it requires. It never shows secrets.
package config
