package board

import (
	"net/http"

	"periph.io/x/conn/v3/spi"
)

// simScreen is a panel or pad on the page.
type simScreen struct {
	Pulled bool `json:"pulled"` // its plug is out
	Silent bool `json:"silent"` // nobody is told: SPI has no acknowledge
}

// screenState is what the page shows of the panel, nil without one.
func (b *Board) screenState() *simScreen {
	if b.SimScreen == nil {
		return nil
	}
	s := &simScreen{Pulled: b.SimScreen.Unplugged()}
	_, s.Silent = b.SimScreen.(spi.Port)
	return s
}

func (b *Board) servePanel(w http.ResponseWriter, r *http.Request) {
	if b.SimScreen == nil {
		http.NotFound(w, r)
		return
	}
	servePNG(w, b.SimScreen.Image())
}

// plugPanel pulls the panel's plug, or puts it back.
func (b *Board) plugPanel(w http.ResponseWriter, r *http.Request) {
	switch state := r.PathValue("state"); {
	case b.SimScreen != nil && state == "out":
		b.SimScreen.Unplug()
	case b.SimScreen != nil && state == "in":
		b.SimScreen.Plug()
	default:
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
