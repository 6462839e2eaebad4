// Package ssd1306 drives an OLED of 128 by 64 or 128 by 32 dots behind an SSD1306 on I²C: the
// small display at a clerk's hand.
//
// The chip's memory has pages of 8 rows; a byte is 8 dots above each other, the lowest bit on top. Only pages that differ
// are sent: a page takes 3 ms at 400 kHz, 13 ms at 100 kHz.
//
// # Datasheet
//
// SSD1306 128 x 64 Dot Matrix OLED/PLED Segment/Common Driver with Controller, Solomon Systech, rev 1.1
//
// https://cdn-shop.adafruit.com/datasheets/SSD1306.pdf
package ssd1306
