package sim_test

import (
	"fmt"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/sim"
)

func ExampleNewPrinter() {
	profile, err := escpos.ProfileByName("simulated-58")
	if err != nil {
		fmt.Println(err)
		return
	}
	printer, err := sim.NewPrinter(profile)
	if err != nil {
		fmt.Println(err)
		return
	}
	dev, err := escpos.New(printer, &escpos.Opts{Profile: profile, Glyph: sim.DrawGlyph})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := dev.Print(escpos.Doc{escpos.Line{Text: "社会保险 A012"}, escpos.Cut{}}); err != nil {
		fmt.Println(err)
		return
	}
	status, err := dev.Confirm()
	slip := printer.Slips()[0]
	fmt.Println(status, err)
	fmt.Println(len(slip.Bytes), "bytes,", slip.Image.Bounds().Dx(), "dots wide")
	// Output:
	// online, paper ok, printed <nil>
	// 24 bytes, 456 dots wide
}
