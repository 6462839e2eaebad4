// Command makeclips makes the words of package voice with the speech synthesiser espeak-ng:
// for each language's folder all words that its language.json needs and that are not there.
//
//	makeclips [-dir FOLDER] [-all]
//
// Run it by make voice on a Debian machine with the package espeak-ng. The same version
// of it gives the same bytes. A hall that records a voice of its own needs it only for the
// words that it has not recorded yet.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"jiaohao/firmware/voice"
	"jiaohao/firmware/voice/internal/sound"
)

// amplitude of espeak-ng, of 0 to 200: at its standard of 100 some syllables reach full scale
// and are clipped before we can level them.
const amplitude = 60

func main() {
	dir := flag.String("dir", "firmware/voice/clips", "folder of the languages")
	all := flag.Bool("all", false, "make words anew that are there")
	flag.Parse()
	if err := run(*dir, *all); err != nil {
		fmt.Fprintln(os.Stderr, "makeclips:", err)
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintln(os.Stderr, "hint: apt-get install espeak-ng")
		}
		os.Exit(1)
	}
}

func run(dir string, all bool) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "language.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no language.json in the folders of %s", dir)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		l, err := voice.ParseLanguage(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if l.Espeak == nil {
			continue // all recorded
		}
		folder := filepath.Dir(file)
		made, err := makeFolder(folder, l, all)
		if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		fmt.Printf("%s: %d words made, %d in all\n", folder, made, len(l.Words())+len(l.Letters()))
	}
	return nil
}

func makeFolder(folder string, l *voice.Language, all bool) (made int, err error) {
	for _, word := range slices.Concat(l.Words(), l.Letters()) {
		path := filepath.Join(folder, word+".wav")
		if _, err := os.Stat(path); err == nil && !all {
			continue
		}
		s, err := speak(l.Espeak, text(l.Espeak, word))
		if err != nil {
			return made, fmt.Errorf("%s: %w", word, err)
		}
		if err := os.WriteFile(path, sound.EncodeMuLaw(s), 0o644); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}

// syllable finds where a syllable of pinyin or jyutping ends and another one follows.
var syllable = regexp.MustCompile(`([1-9])([a-z])`)

// text returns what espeak-ng is to say for a word: "chuang1kou3" is "chuang1 kou3".
func text(r *voice.Recipe, word string) string {
	if t, ok := r.Say[word]; ok {
		return t
	}
	return syllable.ReplaceAllString(strings.ReplaceAll(word, "-", " "), "$1 $2")
}

// speak has a text spoken and prepares it. It refuses what the voice would spell out in English
// ("(en)" among its phonemes), which is how the wrong voice for Mandarin betrays itself.
func speak(r *voice.Recipe, text string) ([]int16, error) {
	phonemes, err := espeak(r, "-q", "-x", text)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(phonemes), "(en)") {
		return nil, fmt.Errorf("voice %s reads %q as English: %s", r.Voice, text, bytes.TrimSpace(phonemes))
	}
	wav, err := espeak(r, "--stdout", text)
	if err != nil {
		return nil, err
	}
	s, err := sound.Decode(wav)
	if err != nil {
		return nil, err
	}
	if s = sound.Prepare(s); len(s) == 0 {
		return nil, fmt.Errorf("voice %s is silent for %q", r.Voice, text)
	}
	return s, nil
}

func espeak(r *voice.Recipe, args ...string) ([]byte, error) {
	args = append([]string{"-v", r.Voice, "-s", strconv.Itoa(r.Speed), "-a", strconv.Itoa(amplitude)}, args...)
	var complaint bytes.Buffer
	cmd := exec.Command("espeak-ng", args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("espeak-ng: %w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out, nil
}
