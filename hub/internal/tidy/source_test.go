package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The sizes of a readable house.
const (
	functionMax = 70  // lines
	fileMax     = 500 // lines
)

// root is the module's folder, seen from here.
const root = "../../.."

// sources calls fn with every Go file of the module.
func sources(t *testing.T, fn func(path string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	set := token.NewFileSet()
	for _, top := range []string{"firmware", "hub", "protocol", "terminal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") {
				return nil
			}
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			fn(strings.TrimPrefix(filepath.ToSlash(path), root+"/"), file, set)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	comments := map[string][]string{}
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		dir := filepath.Dir(path)
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		comments[dir] = append(comments[dir], "")
		if file.Doc != nil {
			comments[dir][len(comments[dir])-1] = path
		}
	})
	for dir, files := range comments {
		with := 0
		for _, path := range files {
			if path != "" {
				with++
			}
		}
		if with != 1 {
			t.Errorf("%s has %d package comments, legal is 1", dir, with)
		}
	}
}

func TestExportedNamesHaveDocsThatBeginWithTheName(t *testing.T) {
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && !begins(d.Doc.Text(), d.Name.Name) {
					t.Errorf("%s: %s has no doc comment that begins with its name", path, d.Name.Name)
				}
			case *ast.GenDecl:
				checkTypes(t, path, d)
			}
		}
	})
}

func checkTypes(t *testing.T, path string, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		s, ok := spec.(*ast.TypeSpec)
		if !ok || !s.Name.IsExported() {
			continue
		}
		doc := s.Doc.Text()
		if doc == "" {
			doc = d.Doc.Text()
		}
		if !begins(doc, s.Name.Name) {
			t.Errorf("%s: type %s has no doc comment that begins with its name", path, s.Name.Name)
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func begins(doc, name string) bool {
	for _, article := range []string{"", "A ", "An ", "The "} {
		if strings.HasPrefix(doc, article+name) {
			return true
		}
	}
	return false
}

func TestFunctionsAndFilesStaySmall(t *testing.T) {
	sources(t, func(path string, file *ast.File, set *token.FileSet) {
		if n := set.Position(file.End()).Line; n > fileMax {
			t.Errorf("%s has %d lines, legal are %d", path, n, fileMax)
		}
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok || d.Body == nil {
				continue
			}
			n := set.Position(d.End()).Line - set.Position(d.Pos()).Line + 1
			if n > functionMax && !flatTable(d) {
				t.Errorf("%s: %s has %d lines, legal are %d", path, d.Name.Name, n, functionMax)
			}
		}
	})
}

// flatTable reports whether a function is one long list and a loop over it.
func flatTable(d *ast.FuncDecl) bool {
	for _, stmt := range d.Body.List {
		var long ast.Node
		switch s := stmt.(type) {
		case *ast.AssignStmt, *ast.RangeStmt, *ast.ReturnStmt:
			long = s
		}
		table := false
		if long != nil {
			ast.Inspect(long, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) > 10 {
					table = true
				}
				return !table
			})
		}
		if table {
			return true
		}
	}
	return false
}

func TestNoInitNoSleepNoTopicLiteral(t *testing.T) {
	sources(t, func(path string, file *ast.File, set *token.FileSet) {
		test := strings.HasSuffix(path, "_test.go")
		ast.Inspect(file, func(n ast.Node) bool {
			where := func() string { return fmt.Sprintf("%s:%d", path, set.Position(n.Pos()).Line) }
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init runs before anybody decided so; construct in main", where())
				}
			case *ast.BasicLit:
				if !test && n.Kind == token.STRING && strings.Contains(n.Value, "jh1/") {
					t.Errorf("%s: a topic is built in protocol/topic.go only", where())
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && pure(path) && !test {
					if n.Sel.Name == "Now" || n.Sel.Name == "Since" {
						t.Errorf("%s: the engine knows no clock", where())
					}
				}
			}
			return true
		})
	})
}

func pure(path string) bool {
	return strings.HasPrefix(path, "hub/queue/") || strings.HasPrefix(path, "hub/view/") || strings.HasPrefix(path, "hub/forecast/")
}

func TestNothingIsLeftUndone(t *testing.T) {
	banned := []string{"TODO", "FIXME", "XXX"}
	sources(t, func(path string, _ *ast.File, _ *token.FileSet) {
		if strings.HasSuffix(path, "hub/internal/tidy/source_test.go") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range banned {
			if strings.Contains(string(text), word) {
				t.Errorf("%s holds %q", path, word)
			}
		}
	})
}
