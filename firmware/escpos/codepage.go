package escpos

// The upper halves of the one-byte tables that Parse knows. They stand here because the package of all
// code pages is a hundred kilobytes, and a device program has to stay small.
const (
	// pc437 is the table of bytes 0x80 to 0xff of PC437.
	pc437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ" +
		"áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
		"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
		"αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0"
	// windows1252 is the table of bytes 0x80 to 0x9f; above it is Latin-1.
	windows1252 = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ"
)

// fromPC437 returns the character of a byte from 0x80.
func fromPC437(b byte) rune { return []rune(pc437)[b-0x80] }

// fromWindows1252 returns the character of a byte from 0x80, U+FFFD for the five that have none.
func fromWindows1252(b byte) rune {
	if b < 0xa0 {
		return []rune(windows1252)[b-0x80]
	}
	return rune(b)
}
