package bus

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/nats-io/nkeys"
	"go.yaml.in/yaml/v3"
	"golang.org/x/crypto/bcrypt"
)

// usersFile is the content of ENGINE_NATS_USERS_FILE, in YAML or JSON.
type usersFile struct {
	Users []user `yaml:"users"`
}

// user may connect to the embedded server. It signs in with an nkey, or with a name and a
// password of which the file holds the bcrypt hash. Firm, if set, binds it to one firm.
type user struct {
	Name     string `yaml:"user"`
	Password string `yaml:"password"`
	Nkey     string `yaml:"nkey"`
	Firm     string `yaml:"firm"`
}

func readUsers(path string) ([]user, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_NATS_USERS_FILE: %w; name a file that the engine can read", err)
	}
	defer f.Close()
	users, err := parseUsers(f)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_NATS_USERS_FILE %s: %w", path, err)
	}
	return users, nil
}

// parseUsers reports every faulty entry. Its errors show no secret.
func parseUsers(r io.Reader) ([]user, error) {
	var file usersFile
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, errors.New("the file is not readable; it needs a list 'users' of entries with 'user' and 'password', or 'nkey', and optionally 'firm'")
	}
	if len(file.Users) == 0 {
		return nil, errors.New("the file names no user, so nobody could connect; add one, or leave the variable empty")
	}
	var faults []error
	seen := map[string]bool{}
	for i, u := range file.Users {
		id := u.Name + u.Nkey
		if err := u.check(); err != nil {
			faults = append(faults, fmt.Errorf("entry %d: %w", i+1, err))
		} else if seen[id] {
			faults = append(faults, fmt.Errorf("entry %d: %s is named twice; keep one", i+1, id))
		}
		seen[id] = true
	}
	return file.Users, errors.Join(faults...)
}

func (u user) check() error {
	if u.Firm != "" && !validID(u.Firm) {
		return errors.New("firm is not an id; use 1 to 64 letters, digits, '_' or '-'")
	}
	if u.Nkey != "" {
		return u.checkNkey()
	}
	return u.checkPassword()
}

func (u user) checkNkey() error {
	if u.Name != "" || u.Password != "" {
		return errors.New("it has an nkey and a user or password; keep one way to sign in")
	}
	if !nkeys.IsValidPublicUserKey(u.Nkey) {
		return errors.New("nkey is not a public user key; it begins with U, as 'nk -gen user -pubout' prints it")
	}
	return nil
}

func (u user) checkPassword() error {
	if u.Name == "" || u.Password == "" {
		return errors.New("it lacks a way to sign in; give it an nkey, or a user and a password")
	}
	if strings.ContainsAny(u.Name, " \t\r\n") {
		return errors.New("user holds white space; remove it")
	}
	if _, err := bcrypt.Cost([]byte(u.Password)); err != nil {
		return errors.New("password is not a bcrypt hash; make one with 'nats server passwd' or 'htpasswd -nB'")
	}
	return nil
}

func validID(s string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(s)
}
