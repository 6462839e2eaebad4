package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"

	"golang.org/x/text/language"

	"jiaohao/protocol"
)

//go:embed text/*.json
var textFiles embed.FS

// langCookie remembers the language that a person chose by the link on a page.
const langCookie = "lang"

// catalogue holds every text of the faces by key, for each language that has a
// file in text/. Adding a language is adding a file.
type catalogue struct {
	texts   map[protocol.Lang]map[string]string
	order   []protocol.Lang // Chinese first: it is what a browser without a wish gets
	matcher language.Matcher
}

func loadCatalogue() (*catalogue, error) {
	c := &catalogue{texts: map[protocol.Lang]map[string]string{}}
	files, err := textFiles.ReadDir("text")
	if err != nil {
		return nil, fmt.Errorf("web: texts: %w", err)
	}
	for _, f := range files {
		b, err := textFiles.ReadFile(path.Join("text", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("web: texts: %w", err)
		}
		var texts map[string]string
		if err := json.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("web: texts of %s: %w", f.Name(), err)
		}
		lang := protocol.Lang(strings.TrimSuffix(f.Name(), ".json"))
		c.texts[lang] = texts
		if lang == protocol.Chinese {
			c.order = append([]protocol.Lang{lang}, c.order...)
		} else {
			c.order = append(c.order, lang)
		}
	}
	tags := make([]language.Tag, len(c.order))
	for i, lang := range c.order {
		if tags[i], err = language.Parse(string(lang)); err != nil {
			return nil, fmt.Errorf("web: texts: file name %q is no language tag: %w", lang, err)
		}
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// say returns the text of key in lang with its values filled in. A key that no
// language has comes back as itself, so that a mistake is seen and not hidden.
func (c *catalogue) say(lang protocol.Lang, key string, args ...any) string {
	text, ok := c.texts[lang][key]
	if !ok {
		text, ok = c.texts[protocol.Chinese][key]
	}
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// both returns the text of key in all languages.
func (c *catalogue) both(key string, args ...any) protocol.Text {
	t := protocol.Text{}
	for _, lang := range c.order {
		t[lang] = c.say(lang, key, args...)
	}
	return t
}

// choose picks the language of an answer: ?lang= first, then what was chosen by
// link before, then what the browser asks for, else Chinese.
func (c *catalogue) choose(r *http.Request) protocol.Lang {
	if lang := protocol.Lang(r.URL.Query().Get("lang")); c.texts[lang] != nil {
		return lang
	}
	if k, err := r.Cookie(langCookie); err == nil && c.texts[protocol.Lang(k.Value)] != nil {
		return protocol.Lang(k.Value)
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return c.order[0]
	}
	_, i, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return c.order[0]
	}
	return c.order[i]
}

// other returns the next language after lang: where the switch link leads.
func (c *catalogue) other(lang protocol.Lang) protocol.Lang {
	for i, l := range c.order {
		if l == lang {
			return c.order[(i+1)%len(c.order)]
		}
	}
	return c.order[0]
}

// remember keeps a choice made by ?lang= for the pages that follow.
func (c *catalogue) remember(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("lang")
	if c.texts[protocol.Lang(lang)] == nil || r.URL.Path == "/board" || strings.HasPrefix(r.URL.Path, "/window/") {
		return // a TV's address must not change what the manager's browser shows
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: r.TLS != nil,
	})
}
