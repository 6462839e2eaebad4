package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jiaohao/firmware/escpos"
	"jiaohao/firmware/program"
	"jiaohao/firmware/sim"
	"jiaohao/firmware/slip"
	"jiaohao/protocol"
)

// probeSlip shows what a printer would make of the hall's layout, from the bytes that it would get.
func probeSlip(_ context.Context, set *flag.FlagSet, args []string) error {
	name := set.String("profile", "gbk-80", "printer profile")
	file := set.String("config", "", "`file` with the hall's layout: config.json of a dispenser's state folder; empty is a sample hall")
	lang := set.String("lang", "", "zh-CN or en: the reader's language, first where the hall prints it")
	out := set.String("out", ".", "`folder` for the pictures; it is made")
	art := set.String("logo", "", "PNG `file`: print it as the plan's slip.logo wants it, and no slips")
	if err := parse(set, args); err != nil {
		return err
	}
	if *art != "" {
		return printLogo(*art)
	}
	profile, err := escpos.ProfileByName(*name)
	if err != nil {
		return program.Usage("docs/printers.md tells them apart", "%w", err)
	}
	config, err := layoutOf(*file)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(config.Zone)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	for _, s := range slip.Samples(config, slip.Style{Dots: profile.Dots, Lang: protocol.Lang(*lang), Zone: zone}) {
		raw, err := escpos.Encode(s.Doc, profile, sim.DrawGlyph)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		img, err := escpos.Render(raw, profile.Dots, sim.DrawGlyph)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		path := filepath.Join(*out, s.Name+".png")
		if err := writePNG(path, img); err != nil {
			return err
		}
		fmt.Printf("%-28s %6d bytes, %3d mm of paper\n", path, len(raw), img.Rect.Dy()/8)
	}
	return nil
}

// layoutOf reads a configuration as a dispenser keeps it.
func layoutOf(file string) (*protocol.Config, error) {
	if file == "" {
		return &protocol.Config{
			HallName: protocol.Say("政务服务大厅", "Public Service Hall"), Zone: "Asia/Shanghai",
			Services: []protocol.ConfigService{{
				Service: "social", Prefix: "A", Name: protocol.Say("社会保险", "Social insurance"),
				Materials: []protocol.Text{protocol.Say("身份证", "Identity card"), protocol.Say("社会保障卡", "Social security card")},
			}},
			Slip: protocol.SlipText{Footer: protocol.Say("咨询热线 12345", "Enquiries: 12345")},
		}, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, &program.Hinted{Err: err, Hint: "a dispenser keeps it in its state_dir"}
	}
	var c protocol.Config
	if err := protocol.Decode(raw, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &c, nil
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, img), f.Close())
}

// printLogo prints a picture as rows of # and ., shrunk to what a logo may have.
func printLogo(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() // it was only read
	src, err := png.Decode(f)
	if err != nil {
		return &program.Hinted{Err: fmt.Errorf("%s: %w", file, err), Hint: "convert it to PNG, best in black and white"}
	}
	size := src.Bounds().Size()
	w, h := size.X, size.Y
	if w > protocol.LogoWidthMax {
		w, h = protocol.LogoWidthMax, max(size.Y*protocol.LogoWidthMax/size.X, 1)
	}
	if h > protocol.LogoHeightMax {
		w, h = max(size.X*protocol.LogoHeightMax/size.Y, 1), protocol.LogoHeightMax
	}
	grey := image.NewGray(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(grey, grey.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(grey, grey.Rect, src, src.Bounds().Min, draw.Over)
	fmt.Println("slip:\n  logo: |")
	for y := range h {
		var row strings.Builder
		for x := range w {
			row.WriteByte(dot(grey, image.Rect(x*size.X/w, y*size.Y/h, (x+1)*size.X/w, (y+1)*size.Y/h)))
		}
		fmt.Println("    " + row.String())
	}
	return nil
}

// dot is # if the mean of r is dark.
func dot(grey *image.Gray, r image.Rectangle) byte {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sum += int(grey.GrayAt(x, y).Y)
		}
	}
	if sum < 128*r.Dx()*r.Dy() {
		return '#'
	}
	return '.'
}
