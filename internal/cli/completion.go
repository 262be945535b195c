package cli

import (
	"maps"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"
)

// completionCmd prints the script after which a shell completes this program's commands and flags.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help describes how to run the script.
func (completionCmd) Help() string {
	return "For this shell: source <(smokeball-sync completion bash), or in fish: smokeball-sync completion fish | source. " +
		"For every shell, put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish."
}

// Run prints the script.
func (c *completionCmd) Run(ctx *kong.Context) error {
	return (&kongcompletion.Completion{Shell: c.Shell, Code: true}).Run(ctx)
}

// completes answers a shell that asks for completions ($COMP_LINE), and reports whether one did.
func completes(parser *kong.Kong) (bool, error) {
	all, err := kongcompletion.Command(parser)
	if err != nil {
		return false, err
	}
	takeDefaults(&all, parser.Model.Node)
	c := complete.New(parser.Model.Name, all)
	c.Out = parser.Stdout
	return c.Complete(), nil
}

// takeDefaults lets each group of commands take the flags of its default one, which the library
// leaves out.
func takeDefaults(c *complete.Command, node *kong.Node) {
	for _, child := range node.Children {
		sub, known := c.Sub[child.Name]
		if !known {
			continue
		}
		takeDefaults(&sub, child)
		c.Sub[child.Name] = sub
		if child == node.DefaultCmd {
			c.Flags = maps.Clone(sub.GlobalFlags)
		}
	}
}
