package doccheck_test

import (
	"go/ast"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// setting is one setting of a command, as the tags of its field declare it.
type setting struct {
	of               *ast.StructType
	env, flag, value string
	help             string
	secret           bool
}

var nameInHelp = regexp.MustCompile(`\s*\((\$\$[A-Z_]+|\$\{env\})[^)]*\)`)

func (c *code) readSettings(s *ast.StructType) {
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
		env := tag.Get("setting")
		if env == "" {
			env = tag.Get("env")
		}
		if env == "" {
			continue
		}
		_, secret := tag.Lookup("secret")
		c.tags = append(c.tags, setting{of: s, env: env, flag: tag.Get("name"), value: tag.Get("default"), secret: secret,
			help: nameInHelp.ReplaceAllString(tag.Get("help"), "")})
	}
}

// serveSettings are the settings of the struct that has ENGINE_LISTEN.
func (c *code) serveSettings(t *testing.T) []setting {
	t.Helper()
	var list []setting
	for _, s := range c.tags {
		if s.env != "ENGINE_LISTEN" {
			continue
		}
		for _, other := range c.tags {
			if other.of == s.of {
				list = append(list, other)
			}
		}
		return list
	}
	t.Fatal("no struct has a field with the tag for ENGINE_LISTEN")
	return nil
}

// isSetting reports whether the engine, or a test, reads the environment variable.
func (c *code) isSetting(name string) bool {
	for _, s := range c.tags {
		if name == s.env || s.secret && name == s.env+"_FILE" {
			return true
		}
	}
	return c.strings[name] // read by a test, such as SMOKEBALL_OPENAPI, or with a meaning of its own, such as ENGINE_CONFIG
}

var variable = regexp.MustCompile(`\b(?:ENGINE|SMOKEBALL)_[A-Z][A-Z_]*[A-Z]\b`)

// TestSettingsExist tells that every variable that a document names is one.
func TestSettingsExist(t *testing.T) {
	c := theCode(t)
	for _, d := range documents(t) {
		for _, name := range variable.FindAllString(d.text, -1) {
			if !c.isSetting(name) {
				t.Errorf("%s: nothing reads %s", d.path, name)
			}
		}
	}
}
