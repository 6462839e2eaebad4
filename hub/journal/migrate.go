package journal

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed schema/*.sql
var schema embed.FS

// querier is what reading needs of a connection, a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// steps returns the names of the schema files in order; step n brings the file to version n.
func steps() ([]string, error) { return fs.Glob(schema, "schema/*.sql") }

// checkVersion returns the schema version of the file, or ErrNewer if this program does not know it.
func checkVersion(ctx context.Context, q querier) (version, known int, err error) {
	names, err := steps()
	if err != nil {
		return 0, 0, err
	}
	if err := q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	if version < 0 || version > len(names) {
		return 0, 0, fmt.Errorf("%w: its schema version is %d, this program knows 0 to %d", ErrNewer, version, len(names))
	}
	return version, len(names), nil
}

// migrate brings the schema up to date, each step in a transaction of its own: a process killed in
// between goes on where it was.
func migrate(ctx context.Context, conn *sql.Conn) error {
	version, known, err := checkVersion(ctx, conn)
	if err != nil {
		return err
	}
	names, err := steps()
	if err != nil {
		return err
	}
	for n := version; n < known; n++ {
		text, err := schema.ReadFile(names[n])
		if err != nil {
			return err
		}
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d;\nCOMMIT;", text, n+1)
		if _, err := conn.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("schema step %s: %w", names[n], err) // closing the connection undoes it
		}
	}
	return nil
}
