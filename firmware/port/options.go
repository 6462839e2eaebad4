package port

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// options are what stands behind the ? of a spec.
type options map[string]string

// parseOptions reads NAME=VALUE&NAME=VALUE with these names, each at most once.
func parseOptions(query string, names ...string) (options, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("options %q: %w", query, err)
	}
	o := options{}
	for name, v := range values {
		switch {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("option %q is not %s", name, strings.Join(names, ", "))
		case len(v) > 1:
			return nil, fmt.Errorf("option %q is there %d times", name, len(v))
		}
		o[name] = v[0]
	}
	return o, nil
}

// number returns an option as a number from lo to hi, or other if it is not there.
func (o options) number(name string, other, lo, hi int) (int, error) {
	v, ok := o[name]
	if !ok {
		return other, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lo || n > hi {
		return 0, fmt.Errorf("%s %q is not from %d to %d", name, v, lo, hi)
	}
	return n, nil
}

// word returns an option's place among the legal words, 0 if it is not there.
func (o options) word(name string, legal ...string) (int, error) {
	v, ok := o[name]
	if !ok {
		return 0, nil
	}
	i := slices.Index(legal, v)
	if i < 0 {
		return 0, fmt.Errorf("%s %q is not one of %s", name, v, strings.Join(legal, ", "))
	}
	return i, nil
}
