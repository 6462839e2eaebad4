package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes the whole journal, personal data included, as one file to path while work goes on. The copy
// gets its name (0600) when it is complete, verified and on the disk; an interrupted one leaves nothing
// of that name.
//
// It refuses to overwrite: the error is fs.ErrExist then. A cancelled ctx ends it at the next page.
func (j *Journal) Backup(ctx context.Context, path string) error {
	return BackupFile(ctx, j.path, path)
}

// BackupFile is [Journal.Backup] of the journal in the file or folder from, which another process may have open.
func BackupFile(ctx context.Context, from, path string) error {
	file, _, err := verifyDSN(from)
	if err == nil {
		err = backup(ctx, file, path)
	}
	if err != nil {
		return fmt.Errorf("journal: backup to %s: %w", path, err)
	}
	return nil
}

func backup(ctx context.Context, from, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	part, err := os.CreateTemp(dir, filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	if err := errors.Join(vacuumInto(ctx, from, part.Name()), part.Sync(), part.Close()); err != nil {
		return err
	}
	if _, err := Verify(ctx, part.Name()); err != nil {
		return err
	}
	// Not a hard link, which a memory stick's file system does not have.
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// vacuumInto copies the database into an empty file. It has a connection of its own, because the
// writing one must not wait and the reading pool may not write, not even elsewhere.
func vacuumInto(ctx context.Context, from, path string) error {
	db, err := sql.Open("sqlite", writeDSN(from, Options{}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}
