package speech_test

import (
	"fmt"

	"jiaohao/hub/speech"
)

// A television that has lost its connection comes back and names what it heard last.
func ExampleSpeech_Listen() {
	var s speech.Speech // in a hub: speech.Open, and Run beside the hall
	_, _, ok := s.Listen("east", "10.0.0.31", "K7QWM2XA-12")
	fmt.Println(ok) // there is no such zone here
	// Output: false
}
