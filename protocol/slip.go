package protocol

import "fmt"

// SlipText is what a slip says besides the ticket, and in which order.
type SlipText struct {
	Title     Text       `json:"title,omitempty"`     // empty means the hall's name
	Header    Text       `json:"header,omitempty"`    // below the title, such as an address
	Footer    Text       `json:"footer,omitempty"`    // such as the hotline
	Languages []Lang     `json:"languages,omitempty"` // on paper, the leading one first; empty means the hall's
	Parts     []SlipPart `json:"parts,omitempty"`     // from top to bottom; empty means [DefaultSlipParts]
	Large     bool       `json:"large,omitempty"`     // every slip in large print
	Logo      *SlipLogo  `json:"logo,omitempty"`      // a small picture
}

// SlipLogo is a picture of one bit a dot.
type SlipLogo struct {
	Width int    `json:"width"` // dots, a multiple of 8
	Bits  []byte `json:"bits"`  // base64 of the rows from the top down, the leftmost dot in the top bit
}

// Limits of a logo in its own dots: packed it has 768 bytes, 1 KiB of the 16 that a
// configuration may have.
const (
	LogoWidthMax  = 96
	LogoHeightMax = 64
)

// Check returns nil when l is a whole picture within the limits.
func (l *SlipLogo) Check() error {
	if l.Width < 8 || l.Width > LogoWidthMax || l.Width%8 != 0 {
		return fmt.Errorf("logo is %d dots wide, legal are multiples of 8 up to %d", l.Width, LogoWidthMax)
	}
	if n := l.Width / 8; len(l.Bits) == 0 || len(l.Bits)%n != 0 || len(l.Bits)/n > LogoHeightMax {
		return fmt.Errorf("logo of %d bytes is not of 1 to %d rows of %d bytes", len(l.Bits), LogoHeightMax, n)
	}
	return nil
}

// SlipPart is a part of a slip.
type SlipPart string

// The parts of a slip.
const (
	PartNumber    SlipPart = "number"    // 号码, as large as the paper allows
	PartService   SlipPart = "service"   // name of the service
	PartMarks     SlipPart = "marks"     // reprint, offline, green channel, appointment
	PartFacts     SlipPart = "facts"     // people ahead, wait, time of issue
	PartText      SlipPart = "text"      // what the hall says of this service
	PartMaterials SlipPart = "materials" // what to bring
	PartCode      SlipPart = "code"      // QR code of the phone page
	PartLogo      SlipPart = "logo"      // picture; not on serial printers
	PartTitle     SlipPart = "title"     // name of the hall
	PartHeader    SlipPart = "header"    // below the title
	PartFooter    SlipPart = "footer"    // closing words
	PartRule      SlipPart = "rule"      // a line across; may come more than once
)

// SlipParts returns every part of a slip.
func SlipParts() []SlipPart {
	return []SlipPart{PartNumber, PartService, PartMarks, PartFacts, PartText, PartMaterials, PartCode, PartLogo, PartTitle, PartHeader, PartFooter, PartRule}
}

// DefaultSlipParts returns the order of a slip whose hall names none: the number first, so that a
// slow printer begins with it, and the hall's words last. What to bring is not on it.
func DefaultSlipParts() []SlipPart {
	return []SlipPart{PartNumber, PartService, PartMarks, PartFacts, PartText, PartCode, PartLogo, PartTitle, PartHeader, PartFooter}
}
