package config

import (
	"net/url"
	"reflect"
	"strings"
)

// MaskedSetting is a setting as it may be shown to others.
type MaskedSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"` // of a secret: set, or empty
}

// Masked are all settings: secrets without their values, addresses without their credentials.
func (c *Settings) Masked() (list []MaskedSetting) {
	c.each(func(name, value string, secret bool) {
		if secret && value != "" {
			value = "[set]"
		}
		list = append(list, MaskedSetting{name, withoutCredentials(value)})
	})
	return list
}

// SecretValues are the values of secrets, and the credentials in addresses.
func (c *Settings) SecretValues() (list []string) {
	c.each(func(_, value string, secret bool) {
		if secret && value != "" {
			list = append(list, value)
		}
		for part := range strings.SplitSeq(value, ",") {
			if u, err := url.Parse(strings.TrimSpace(part)); err == nil && u.User != nil {
				list = append(list, u.User.String())
			}
		}
	})
	return list
}

func (c *Settings) each(f func(name, value string, secret bool)) {
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		_, secret := tag.Lookup("secret")
		if name := tag.Get("setting"); name != "" {
			value := v.Field(i).String()
			if v.Field(i).Kind() == reflect.Bool {
				value = map[bool]string{true: "true", false: "false"}[v.Field(i).Bool()]
			}
			f(name, value, secret)
		}
	}
}

func withoutCredentials(value string) string {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		if u, err := url.Parse(strings.TrimSpace(part)); err == nil && u.User != nil {
			u.User = url.User("masked")
			parts[i] = u.String()
		}
	}
	return strings.Join(parts, ",")
}
