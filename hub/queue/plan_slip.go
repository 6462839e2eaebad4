package queue

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"jiaohao/protocol"
)

// Slip is how the hall's slips look: its texts, the order of their parts, the languages.
type Slip struct {
	Title     protocol.Text       `json:"title,omitempty" yaml:"title,omitempty"`         // empty means the hall's name
	Header    protocol.Text       `json:"header,omitempty" yaml:"header,omitempty"`       // below the title
	Footer    protocol.Text       `json:"footer,omitempty" yaml:"footer,omitempty"`       // such as the hotline
	Languages []protocol.Lang     `json:"languages,omitempty" yaml:"languages,omitempty"` // on paper, the leading one first; empty means the hall's
	Parts     []protocol.SlipPart `json:"parts,omitempty" yaml:"parts,omitempty"`         // from top to bottom; empty means protocol.DefaultSlipParts
	Large     bool                `json:"large,omitempty" yaml:"large,omitempty"`         // every slip in large print
	Logo      string              `json:"logo,omitempty" yaml:"logo,omitempty"`           // drawn with characters: a line for each row, # for ink, . for paper
}

// Text returns s as devices get it. The plan has been checked.
func (s Slip) Text() protocol.SlipText {
	text := protocol.SlipText{
		Title: s.Title, Header: s.Header, Footer: s.Footer, Languages: s.Languages, Parts: s.Parts, Large: s.Large,
	}
	if s.Logo != "" {
		text.Logo = packLogo(strings.Fields(s.Logo))
	}
	return text
}

// packLogo packs rows of # and . to bits, the width filled up to whole bytes.
func packLogo(rows []string) *protocol.SlipLogo {
	stride := (len(rows[0]) + 7) / 8
	logo := &protocol.SlipLogo{Width: 8 * stride, Bits: make([]byte, stride*len(rows))}
	for y, row := range rows {
		for x := range row {
			if row[x] == '#' {
				logo.Bits[y*stride+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return logo
}

func (s *Slip) check() *PlanError {
	for _, t := range []struct {
		name string
		text protocol.Text
	}{{"title", s.Title}, {"header", s.Header}, {"footer", s.Footer}} {
		if err := checkTexts("slip."+t.name, t.text); err != nil {
			return err
		}
	}
	for i, l := range s.Languages {
		if l != protocol.Chinese && l != protocol.English || slices.Index(s.Languages, l) != i {
			return mistake(fmt.Sprintf("slip.languages[%d]", i), "%q is there twice or not had, legal are zh-CN and en", l)
		}
	}
	if err := s.checkParts(); err != nil {
		return err
	}
	return s.checkLogo()
}

// checkParts holds the order of a slip against what a slip is for: it has a number, that number
// is on paper before anything that takes a printer long, and no reprint passes for a first slip.
func (s *Slip) checkParts() *PlanError {
	if len(s.Parts) == 0 {
		return nil
	}
	number := slices.Index(s.Parts, protocol.PartNumber)
	for i, part := range s.Parts {
		at := fmt.Sprintf("slip.parts[%d]", i)
		switch {
		case !slices.Contains(protocol.SlipParts(), part):
			return mistake(at, "%q is unknown, legal are %s", part, joined(protocol.SlipParts()))
		case part != protocol.PartRule && slices.Index(s.Parts, part) != i:
			return mistake(at, "%q is there twice, legal is once, but for rule", part)
		case i < number && part != protocol.PartTitle && part != protocol.PartHeader && part != protocol.PartRule:
			return mistake(at, "%q comes before the number, legal there are title, header and rule: the number is printed first", part)
		}
	}
	for _, part := range []protocol.SlipPart{protocol.PartNumber, protocol.PartService, protocol.PartMarks} {
		if !slices.Contains(s.Parts, part) {
			return mistake("slip.parts", "%q is missing, every slip has number, service and marks", part)
		}
	}
	if n := len(s.Parts); n > slipPartsMax {
		return mistake("slip.parts", "has %d parts, legal are at most %d", n, slipPartsMax)
	}
	return nil
}

// slipPartsMax bounds a layout: every part once, and rules between them.
const slipPartsMax = 20

func joined(parts []protocol.SlipPart) string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// checkMaterials bounds a list that kiosks and terminals print.
func checkMaterials(at string, list []protocol.Text) *PlanError {
	if n := len(list); n > MaterialsMax {
		return mistake(at, "are %d, legal are at most %d", n, MaterialsMax)
	}
	for i, t := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		if err := checkTexts(at, t); err != nil {
			return err
		}
		for _, lang := range []protocol.Lang{protocol.Chinese, protocol.English} {
			if n := utf8.RuneCountInString(t[lang]); n > MaterialMax {
				return mistake(at+"."+string(lang), "has %d characters, legal are at most %d", n, MaterialMax)
			}
		}
	}
	return nil
}

func (s *Slip) checkLogo() *PlanError {
	rows := strings.Fields(s.Logo)
	if s.Logo != "" && len(rows) == 0 || len(rows) > protocol.LogoHeightMax {
		return mistake("slip.logo", "has %d rows, legal are 1 to %d", len(rows), protocol.LogoHeightMax)
	}
	for i, row := range rows {
		if strings.Trim(row, "#.") != "" {
			return mistake("slip.logo", "row %d %q holds more than # for ink and . for paper", i+1, row)
		}
		if len(row) > protocol.LogoWidthMax || len(row) != len(rows[0]) {
			return mistake("slip.logo", "row %d has %d dots, legal are as many as in row 1 (%d), at most %d", i+1, len(row), len(rows[0]), protocol.LogoWidthMax)
		}
	}
	return nil
}
