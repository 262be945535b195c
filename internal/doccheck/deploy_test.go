package doccheck_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// No container engine is at hand where the tests run, so that each file for one is parsed, and
// held against what the engine is: its settings, its routes, its ports.

// deployed is what the files for containers say of one container.
type deployed struct {
	name, image string
	build       bool
	env         map[string]string
	readOnly    bool
	drops       []string
	command     string
}

// TestEveryContainerIsHardened tells that images are pinned by a version, that containers of the
// engine and of the bus have a read-only root, no capabilities and no way to more.
func TestEveryContainerIsHardened(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$`)
	for _, c := range append(composeContainers(t), kubernetesContainers(t)...) {
		if !c.build && !pinned.MatchString(c.image) {
			t.Errorf("%s: the image %q is not pinned by a version", c.name, c.image)
		}
		if !slices.Contains(c.drops, "ALL") {
			t.Errorf("%s keeps capabilities", c.name)
		}
		if !c.readOnly && c.name != "compose grafana" { // it writes into its own folders
			t.Errorf("%s may write its root file system", c.name)
		}
	}
}

// TestEveryVariableOfADeploymentIsASetting tells that the engine reads each variable that the
// files for containers and for systemd set.
func TestEveryVariableOfADeploymentIsASetting(t *testing.T) {
	c := theCode(t)
	for _, d := range append(composeContainers(t), kubernetesContainers(t)...) {
		for name := range d.env {
			if !strings.HasPrefix(name, "GF_") && !c.isSetting(name) {
				t.Errorf("%s sets %s, which the engine does not read", d.name, name)
			}
		}
	}
	for _, name := range []string{"ops/smokeball-sync.service", "Dockerfile"} {
		for _, v := range variable.FindAllString(read(t, name).text, -1) {
			if !c.isSetting(v) {
				t.Errorf("%s names %s, which the engine does not read", name, v)
			}
		}
	}
}

func composeContainers(t *testing.T) (list []deployed) {
	t.Helper()
	var file struct {
		Services map[string]struct {
			Image       string
			Build       string
			Environment map[string]string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			Security    []string `yaml:"security_opt"`
			Volumes     []string
			Command     any
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml").text), &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if !slices.Contains(s.Security, "no-new-privileges:true") {
			t.Errorf("service %s may gain privileges", name)
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, named := file.Volumes[from]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join(top, from)); err != nil {
				t.Errorf("service %s mounts %s, which is no volume and no file", name, from)
			}
		}
		list = append(list, deployed{name: "compose " + name, image: s.Image, build: s.Build != "", env: s.Environment, readOnly: s.ReadOnly, drops: s.CapDrop, command: fmt.Sprint(s.Command)})
	}
	return list
}

// object is one document of ops/kubernetes.yml.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		MinAvailable int `yaml:"minAvailable"`
		Replicas     int
		Selector     any
		Ports        []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				Grace    int `yaml:"terminationGracePeriodSeconds"`
				Security struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
				Containers []container
			}
		}
	}
}

type container struct {
	Name, Image string
	Ports       []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	Env      []struct{ Name, Value string }
	Startup  probe `yaml:"startupProbe"`
	Ready    probe `yaml:"readinessProbe"`
	Live     probe `yaml:"livenessProbe"`
	Security struct {
		ReadOnly     bool `yaml:"readOnlyRootFilesystem"`
		Capabilities struct{ Drop []string }
	} `yaml:"securityContext"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

func kubernetes(t *testing.T) (list []object) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader([]byte(read(t, "ops/kubernetes.yml").text)))
	for {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
}

func kubernetesContainers(t *testing.T) (list []deployed) {
	t.Helper()
	for _, o := range kubernetes(t) {
		for _, c := range o.Spec.Template.Spec.Containers {
			env := map[string]string{}
			for _, e := range c.Env {
				env[e.Name] = e.Value
			}
			list = append(list, deployed{name: "kubernetes " + c.Name, image: c.Image, env: env, readOnly: c.Security.ReadOnly, drops: c.Security.Capabilities.Drop})
		}
	}
	return list
}

// TestKubernetesAsksRoutesThatExist tells that probes and services fit the engine: its routes, the
// port that it listens on, and a disruption that leaves an engine.
func TestKubernetesAsksRoutesThatExist(t *testing.T) {
	kinds := map[string]object{}
	for _, o := range kubernetes(t) {
		kinds[o.Kind] = o
		if o.APIVersion == "" || o.Metadata.Name == "" {
			t.Errorf("%s %q has no version or no name", o.Kind, o.Metadata.Name)
		}
	}
	set, budget := kinds["StatefulSet"], kinds["PodDisruptionBudget"]
	if n := budget.Spec.MinAvailable; n < 1 || n >= set.Spec.Replicas {
		t.Errorf("of %d engines %d have to be there: no node can be drained, or none is left", set.Spec.Replicas, n)
	}
	if g := set.Spec.Template.Spec.Grace; g < 16 {
		t.Errorf("an engine that stops gets %d seconds; it needs up to 15", g)
	}
	if !set.Spec.Template.Spec.Security.RunAsNonRoot {
		t.Error("the engine may run as root")
	}
	if len(set.Spec.Template.Spec.Containers) != 1 {
		t.Fatal("the pod does not have one container")
	}
	engine := set.Spec.Template.Spec.Containers[0]
	routes := theCode(t).strings
	for path, p := range map[string]probe{"/readyz": engine.Startup, " /readyz": engine.Ready, "/healthz": engine.Live} {
		if want := strings.TrimSpace(path); p.HTTPGet.Path != want || !routes["GET "+want] || p.HTTPGet.Port != engine.Ports[0].Name {
			t.Errorf("a probe asks %s on port %s, not %s", p.HTTPGet.Path, p.HTTPGet.Port, want)
		}
	}
	for _, e := range engine.Env {
		if e.Name == "ENGINE_LISTEN" && !strings.HasSuffix(e.Value, fmt.Sprint(":", engine.Ports[0].ContainerPort)) {
			t.Errorf("the engine listens on %s, and the port is %d", e.Value, engine.Ports[0].ContainerPort)
		}
	}
	for _, p := range kinds["Service"].Spec.Ports {
		if p.TargetPort != engine.Ports[0].Name {
			t.Errorf("the service leads to port %s", p.TargetPort)
		}
	}
}

// TestPrometheusOfTheClusterScrapesItsEngines tells that the compose file's Prometheus asks the
// addresses on which its engines listen, under the job that the alerts name.
func TestPrometheusOfTheClusterScrapesItsEngines(t *testing.T) {
	for _, name := range []string{"ops/prometheus.yml", "ops/prometheus-local.yml"} {
		var file struct {
			Global struct {
				Scrape   string `yaml:"scrape_interval"`
				Evaluate string `yaml:"evaluation_interval"`
			}
			Rules  []string `yaml:"rule_files"`
			Scrape []struct {
				Job    string                       `yaml:"job_name"`
				Static []struct{ Targets []string } `yaml:"static_configs"`
			} `yaml:"scrape_configs"`
		}
		readYAML(t, name, &file)
		if len(file.Scrape) != 1 || file.Scrape[0].Job != "smokeball-sync" || len(file.Rules) != 1 || file.Rules[0] != "alerts.yml" {
			t.Errorf("%s has not the one job and the rules of the engine", name)
			continue
		}
		if name != "ops/prometheus-local.yml" {
			continue
		}
		var listen []string
		for _, c := range composeContainers(t) {
			if strings.HasPrefix(c.name, "compose engine-") {
				listen = append(listen, c.env["ENGINE_LISTEN"])
			}
		}
		slices.Sort(listen)
		if targets := file.Scrape[0].Static[0].Targets; !slices.Equal(targets, listen) {
			t.Errorf("%s scrapes %v, and the engines listen on %v", name, targets, listen)
		}
	}
}

// TestTheUnitIsValid has systemd itself verify the unit, where it is there, with a binary in the
// place of the installed one.
func TestTheUnitIsValid(t *testing.T) {
	unit := read(t, "ops/smokeball-sync.service").text
	for _, must := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "DynamicUser=yes", "StateDirectory=smokeball-sync", "CapabilityBoundingSet=\n", "TimeoutStopSec=20", "Restart=always"} {
		if !strings.Contains(unit, must) {
			t.Errorf("the unit lacks %s", must)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here")
	}
	file := filepath.Join(t.TempDir(), "smokeball-sync.service")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(unit, "ExecStart=/usr/local/bin/smokeball-sync", "ExecStart="+self, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestTheImageHasNothingButTheEngine tells that the image is empty but for static binaries, does
// not run as root, and has a health check by a command that the engine has.
func TestTheImageHasNothingButTheEngine(t *testing.T) {
	file := read(t, "Dockerfile").text
	for _, must := range []string{"CGO_ENABLED=0", "\nFROM scratch\n", "\nUSER 10001:10001\n", `CMD ["/usr/local/bin/smokeball-sync", "ready"]`} {
		if !strings.Contains(file, must) {
			t.Errorf("the Dockerfile lacks %q", must)
		}
	}
	if _, err := helpOf(t, "./cmd/smokeball-sync", []string{"ready"}); err != nil {
		t.Error(err)
	}
}

// TestImagesAreOfTheVersionsThatTheTestsRun tells that the containers of NATS and of Prometheus have the version of go.mod, whose
// code the tests run the engine and the alerts with.
func TestImagesAreOfTheVersionsThatTheTestsRun(t *testing.T) {
	modules := read(t, "go.mod").text
	version := func(module string) string {
		m := regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(module) + ` v(\S+)`).FindStringSubmatch(modules)
		if m == nil {
			t.Fatalf("go.mod has no %s", module)
		}
		return m[1]
	}
	// Prometheus' module v0.316.0 is its release 3.16.0.
	prometheus := regexp.MustCompile(`^0\.3(\d\d)\.`).ReplaceAllString(version("github.com/prometheus/prometheus"), "v3.$1.")
	want := map[string]string{"nats": version("github.com/nats-io/nats-server/v2"), "prom/prometheus": strings.Replace(prometheus, "v3.0", "v3.", 1)}
	for _, c := range append(composeContainers(t), kubernetesContainers(t)...) {
		name, tag, _ := strings.Cut(c.image, ":")
		if v, ok := want[name]; ok && tag != v {
			t.Errorf("%s runs %s; go.mod has %s", c.name, c.image, v)
		}
	}
}
