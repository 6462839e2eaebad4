// Package speech speaks calls through browsers: the board page of a hall or of one of its
// zones plays what the hub has it say. Who needs no loudspeaker of its own, such as a television in the
// hall, needs no announcer either.
//
// The rules are those of package jiaohao/firmware/voice, whose scheduler runs here once for each zone of the
// plan and once for the whole hall. What it decides becomes an utterance: a WAV file that pages fetch and play
// one after the other. The scheduler waits as long as an utterance lasts, so that pages never have two at
// once. A page hears what begins after it has come; one that was cut off for a moment hears what it missed, and
// nothing twice.
package speech
