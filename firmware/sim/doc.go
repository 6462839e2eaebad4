// Package sim holds the hall's devices as things to look at and to press: a LED
// panel, buttons, a keypad and a slip printer that need no hardware.
//
// Each takes the place of hardware at the level of its bytes and levels: [Panel] is a SPI port that
// decodes what a chain of MAX7219 chips would see, [Button] and [Keypad] are GPIO pins with contacts,
// and the printer reads ESC/POS. So the real drivers run above them, in the demo hall and in tests
// alike, and what is seen is what real devices would show.
//
// The devices are strict where real ones are silent: bytes that a chain would misunderstand are an
// error instead of garbled light. All of them are safe for concurrent use.
package sim
