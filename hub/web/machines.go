package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"

	"jiaohao/hub/queue"
)

// healthz says "ok" when the hall answers, the journal can be read and its last write
// went well, within healthTimeout; else a word on which of them does not.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	word := "ok"
	if err := s.opts.Hall.Read(ctx, func(*queue.State, time.Time) {}); err != nil {
		word = "hall"
	} else if _, _, err := s.opts.Journal.Meta("health"); err != nil {
		word = "journal"
	} else if err := s.opts.Journal.Fault(); err != nil {
		word = "disk"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if word != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = fmt.Fprintln(w, word) // the caller may be gone
}

// asset is one embedded file with its tag: browsers ask again and get nothing new.
type asset struct {
	body []byte
	kind string
	tag  string
}

func loadAssets() (map[string]asset, error) {
	kinds := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
	assets := map[string]asset{}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			return fmt.Errorf("%s: no content type is known for %q", name, path.Ext(name))
		}
		sum := sha256.Sum256(body)
		assets[path.Base(name)] = asset{body: body, kind: kind, tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: static files: %w", err)
	}
	return assets, nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.PathValue("file")]
	if !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "no-cache") // keep it, but ask
	w.Header().Set("ETag", a.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}
