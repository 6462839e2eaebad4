// Package pad is the small display at the clerk's hand (an OLED of 128 by 64 or 128 by
// 32 dots beside the numpad): the number at the window, its stage, how many wait,
// and a line for menus and answers.
//
// [Frame] is pure. Whoever has the display sends it the frame's Pix; drivers such
// as package ssd1306 take it as it is.
package pad
