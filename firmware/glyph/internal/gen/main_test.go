package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const unifontPath = "/usr/share/unifont/unifont.hex"

func TestCommittedFontDataIsWhatTheGeneratorMakes(t *testing.T) {
	if _, err := os.Stat(unifontPath); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not there; it comes with Debian's package unifont", unifontPath)
	}
	dir := t.TempDir()
	for _, name := range []string{"panel.txt", "small.txt", "slim.txt"} {
		copyFile(t, filepath.Join("..", "..", name), filepath.Join(dir, name))
	}
	if err := run(unifontPath, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"narrow.bin", "wide.bin.gz", "panel.bin", "small.bin", "slim.bin", "ticket.bin"} {
		made, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, kept) {
			t.Errorf("%s differs from what the generator makes (%d and %d bytes): run go generate", name, len(kept), len(made))
		}
	}
}

func TestFaultyFontSourcesAreRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, text := range []string{"XYZ:00\n", "0041:00\n", "0041:zz\n"} {
		if _, _, err := pack(write("font.hex", text)); err == nil {
			t.Errorf("font with the line %q was accepted", text)
		}
	}
	for _, text := range []string{"A\n.....\n", "AB\n", "A\n....\n.....\n.....\n.....\n.....\n.....\n.....\n.....\n"} {
		if _, err := readGlyphs(write("panel.txt", text), 5); err == nil {
			t.Errorf("panel face with the glyph %q was accepted", text)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
