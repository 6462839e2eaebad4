package max7219_test

import (
	"fmt"
	"log"

	"periph.io/x/conn/v3/spi/spitest"

	"jiaohao/firmware/max7219"
)

func ExampleDev_Write() {
	// On a Pi: host.Init(), then port, err := spireg.Open("").
	port := &spitest.Record{}
	dev, err := max7219.New(port, &max7219.Opts{Wiring: max7219.Wiring{Columns: 1, Rows: 1}, Intensity: 2})
	if err != nil {
		log.Fatal(err)
	}
	port.Ops = nil
	if _, err := dev.Write([]byte{0x00, 0x66, 0xff, 0xff, 0xff, 0x7e, 0x3c, 0x18}); err != nil {
		log.Fatal(err)
	}
	for _, op := range port.Ops {
		fmt.Printf("% x\n", op.W)
	}
	// Output:
	// 01 00
	// 02 66
	// 03 ff
	// 04 ff
	// 05 ff
	// 06 7e
	// 07 3c
	// 08 18
}
