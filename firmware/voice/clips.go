package voice

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"jiaohao/firmware/voice/internal/sound"
)

// Limits of what Load reads.
const (
	clipMax      = 8 << 20 // bytes of a WAV file: 30 s in stereo at 48 kHz and some more
	clipsMax     = 2000    // words of a language: all signs, numbers and window names are far fewer
	borrowDepth  = 4       // a dialect of a dialect of a language, and one more
	languageFile = "language.json"
	chimeFile    = "chime.wav"
)

//go:embed clips
var demo embed.FS

// Demo returns the words that the package carries, in Mandarin and English. A speech
// synthesiser made them: clear, but a hall should record a voice of its own.
func Demo() fs.FS {
	sub, err := fs.Sub(demo, "clips")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// Clips are recorded words in some languages. They do not change.
type Clips struct {
	languages map[string]*folder
	chime     []int16
}

// folder is one language.
type folder struct {
	*Language
	words  map[string][]int16
	borrow *folder // nil at the end of the chain
}

// find returns the recording of a word, its own or a borrowed one.
func (f *folder) find(word string) ([]int16, bool) {
	for ; f != nil; f = f.borrow {
		if s, ok := f.words[word]; ok {
			return s, true
		}
	}
	return nil, false
}

// Load reads folders of languages from each of the file systems; what a later one has
// stands in for the same of an earlier one, file by file. A chime.wav beside the
// languages stands in for the built-in chime. Recordings may be 16-bit or mu-law WAV,
// of any usual rate, mono or stereo: Load cuts the silence around the words and makes
// them equally loud. It fails with the file's name if one cannot be read or a word that
// the language's sentences need is missing.
func Load(from ...fs.FS) (*Clips, error) {
	c := &Clips{languages: map[string]*folder{}, chime: sound.Chime()}
	for _, f := range from {
		if err := c.add(f); err != nil {
			return nil, fmt.Errorf("voice: %w", err)
		}
	}
	for tag, l := range c.languages {
		if err := c.link(tag, l); err != nil {
			return nil, fmt.Errorf("voice: %w", err)
		}
	}
	if len(c.languages) == 0 {
		return nil, errors.New("voice: no language: each is a folder with a file " + languageFile)
	}
	return c, nil
}

// Languages returns the tags of all languages in order.
func (c *Clips) Languages() []string {
	var out []string
	for tag := range c.languages {
		out = append(out, tag)
	}
	slices.Sort(out)
	return out
}

// Check reports the first language or style of r that is not among the clips, and what
// there is.
func (c *Clips) Check(r Rules) error {
	for _, tag := range r.Languages {
		if c.languages[tag] == nil {
			return fmt.Errorf("voice: language %.40q, legal are %q", tag, c.Languages())
		}
	}
	for tag, style := range r.Styles {
		l := c.languages[tag]
		if l == nil {
			return fmt.Errorf("voice: style of language %.40q, legal are %q", tag, c.Languages())
		}
		if _, ok := l.Styles[style]; !ok {
			return fmt.Errorf("voice: style %.40q of %s, legal are %q", style, tag, l.styles())
		}
	}
	return nil
}

func (c *Clips) add(from fs.FS) error {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case e.Name() == chimeFile:
			if c.chime, err = readWAV(from, chimeFile); err != nil {
				return err
			}
		case e.IsDir():
			if err := c.addFolder(from, e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Clips) addFolder(from fs.FS, tag string) error {
	l := c.languages[tag]
	if l == nil {
		l = &folder{words: map[string][]int16{}}
	}
	data, err := fs.ReadFile(from, path.Join(tag, languageFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.Language == nil:
		return nil // not a language
	case errors.Is(err, fs.ErrNotExist): // only other recordings
	case err != nil:
		return err
	default:
		if l.Language, err = ParseLanguage(data); err != nil {
			return fmt.Errorf("%s/%s: %w", tag, languageFile, err)
		}
	}
	c.languages[tag] = l
	names, err := fs.Glob(from, tag+"/*.wav")
	if err != nil {
		return err
	}
	for _, name := range names {
		s, err := readWAV(from, name)
		if err != nil {
			return err
		}
		l.words[strings.TrimSuffix(path.Base(name), ".wav")] = s
	}
	if len(l.words) > clipsMax {
		return fmt.Errorf("%s: %d words, legal are at most %d", tag, len(l.words), clipsMax)
	}
	return nil
}

func readWAV(from fs.FS, name string) ([]int16, error) {
	info, err := fs.Stat(from, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > clipMax {
		return nil, fmt.Errorf("%s: %d bytes, legal are at most %d", name, info.Size(), clipMax)
	}
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, err
	}
	s, err := sound.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s = sound.Prepare(s); len(s) == 0 {
		return nil, fmt.Errorf("%s: nothing but silence", name)
	}
	return s, nil
}

// link finds from whom the language borrows and checks that no word is missing.
func (c *Clips) link(tag string, l *folder) error {
	depth := 0
	for at := l; at.Borrow != ""; at = at.borrow {
		if at.borrow = c.languages[at.Borrow]; at.borrow == nil {
			return fmt.Errorf("%s: borrows from %q, known are %q", tag, at.Borrow, c.Languages())
		}
		if depth++; depth > borrowDepth {
			return fmt.Errorf("%s: borrows over more than %d languages", tag, borrowDepth)
		}
	}
	for _, word := range l.Words() {
		if _, ok := l.find(word); !ok {
			return fmt.Errorf("%s: no recording %s.wav", tag, word)
		}
	}
	return nil
}
