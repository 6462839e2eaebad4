package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// PlanMax is the largest plan file in bytes: 200 windows and 2,000 clerks need 400 kB.
const PlanMax = 1 << 20

// ParsePlan reads a plan from YAML, strictly, and checks it. The error is a
// *[PlanError] that names the line, the bad value and what would be right.
func ParsePlan(src []byte) (Plan, error) {
	if len(src) > PlanMax {
		return Plan{}, mistake("", "the plan has %d bytes, legal are at most %d", len(src), PlanMax)
	}
	var p Plan
	err := yaml.NewDecoder(bytes.NewReader(src), yaml.Strict()).Decode(&p)
	if err != nil {
		return Plan{}, yamlMistake(err)
	}
	if err := p.Check(); err != nil {
		var wrong *PlanError
		if errors.As(err, &wrong) {
			wrong.Line = lineOf(src, wrong.Path)
		}
		return Plan{}, err
	}
	return p, nil
}

// UnmarshalYAML reads a duration and names the line of a wrong one.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	token := node.GetToken()
	if err := d.UnmarshalText([]byte(token.Value)); err != nil {
		e := mistake("", "%s", err)
		e.Line = token.Position.Line
		return e
	}
	return nil
}

func yamlMistake(err error) error {
	if errors.Is(err, io.EOF) {
		return mistake("", "the plan is empty, it begins with version: 1")
	}
	var wrong *PlanError
	if errors.As(err, &wrong) {
		return wrong
	}
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		e := mistake("", "%s", y.GetMessage())
		e.Line = y.GetToken().Position.Line
		return e
	}
	return mistake("", "%v", err)
}

// lineOf returns the line of the value at path, or of the nearest parent that
// the file has.
func lineOf(src []byte, path string) int {
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return 0
	}
	for path != "" {
		p, err := yaml.PathString("$." + path)
		if err == nil {
			if node, err := p.FilterFile(file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		i := max(bytes.LastIndexByte([]byte(path), '.'), bytes.LastIndexByte([]byte(path), '['))
		path = path[:max(i, 0)]
	}
	return 0
}

// FormatPlan writes a plan as YAML.
func FormatPlan(p Plan) ([]byte, error) {
	b, err := yaml.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("queue: format plan: %w", err)
	}
	return b, nil
}
