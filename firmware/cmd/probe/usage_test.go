package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jiaohao/firmware/program"
)

// TestMistypedPartIsNotBlamedOnTheCable asks for what is not legal: the hint is about words, and the exit code 2.
func TestMistypedPartIsNotBlamedOnTheCable(t *testing.T) {
	for _, tt := range []struct {
		run  func(context.Context, *flag.FlagSet, []string) error
		args string
		want string
	}{
		{probePrinter, "-port lp0", "file:PATH"},
		{probePrinter, "-port sim -profile none", "generic-80"},
		{probePanel, "", "-spi"},
		{probePanel, "-kind ssd1306", "-i2c"},
		{probePanel, "-kind ddp", "-udp"},
		{probePanel, "-kind signs", "-port"},
		{probePanel, "-kind paper -spi sim", "legal are max7219"},
		{probeButton, "", "-pin"},
	} {
		err := tt.run(t.Context(), newSet(), strings.Fields(tt.args))
		var hinted *program.Hinted
		if !errors.As(err, &hinted) || !hinted.Usage || strings.Contains(hinted.Hint, "cable") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want a wrong command line and %q", tt.args, err, tt.want)
		}
	}
}

func TestPrinterThatIsNotThereIsLookedForAtTheCable(t *testing.T) {
	err := probePrinter(t.Context(), newSet(), []string{"-port", "file:" + filepath.Join(t.TempDir(), "lp9"), "-status"})
	var hinted *program.Hinted
	if !errors.As(err, &hinted) || hinted.Usage || !strings.Contains(hinted.Hint, "connected") {
		t.Errorf("%v", err)
	}
}

func TestSlipsMakeTheirFolder(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "slips")
	if err := probeSlip(t.Context(), newSet(), []string{"-out", out}); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(out); err != nil || len(files) == 0 {
		t.Errorf("%d pictures, %v", len(files), err)
	}
}
