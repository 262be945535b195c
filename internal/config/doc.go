// Package config holds the settings of the engine: the command line's flags, the environment
// and the --config file that fill them, and the checks that name every fault at once with
// what the setting holds and what it needs. Secrets are never shown.
package config
