package escpos_test

import (
	"bytes"
	"fmt"

	"jiaohao/firmware/escpos"
)

func ExampleEncode() {
	profile, err := escpos.ProfileByName("gbk-58")
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := escpos.Encode(escpos.Doc{
		escpos.Line{Text: "社会保险", Align: escpos.Center},
		escpos.Line{Text: "A012", Align: escpos.Center, Size: escpos.Size{W: 6, H: 5}},
		escpos.Cut{},
	}, profile, nil)
	fmt.Printf("%x %v\n", b, err)
	// Output: 1b401c261b6101c9e7bbe1b1a3cfd50a1d2154413031320a1b4a60 <nil>
}

func ExampleDev_Print() {
	// Any port will do; firmware/port opens real ones.
	port := new(bytes.Buffer)
	profile, err := escpos.ProfileByName("gbk-80")
	if err != nil {
		fmt.Println(err)
		return
	}
	dev, err := escpos.New(port, &escpos.Opts{Profile: profile})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = dev.Print(escpos.Doc{escpos.Line{Text: "A012"}, escpos.Cut{}})
	fmt.Printf("%q %v\n", port.String(), err)
	// Output: "\x1b@\x1c&A012\n\x1bJ`\x1dV\x01" <nil>
}

func ExampleParse() {
	cmds, err := escpos.Parse([]byte("\x1b@\x1c&\xc9\xe7\xb1\xa3\n\x02"))
	fmt.Println(len(cmds), cmds[2].Text)
	fmt.Println(err)
	// Output:
	// 4 社保
	// escpos: offset 9: 02 begins no known command
}

func ExampleForeign() {
	fmt.Printf("%q\n", escpos.Foreign("王㼆", escpos.CharsetGBK))
	// Output: ['㼆']
}
