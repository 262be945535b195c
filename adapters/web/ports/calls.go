package ports

import "context"

type tokenKey struct{}

// WithCallToken adds to the context of a call what the ids of the things that it creates are
// derived from, so that the same call, carried out again, creates them once.
func WithCallToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// CallToken is the token of the call; "": it has none, and what it creates gets random ids.
func CallToken(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}
