package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"jiaohao/firmware/board"
	"jiaohao/firmware/escpos"
	"jiaohao/firmware/port"
	"jiaohao/firmware/program"
	"jiaohao/firmware/sim"
)

// wrongMax is how often a question may be answered wrongly: a person sees by then what is legal, and a pipe must not be
// asked for ever.
const wrongMax = 3

const printerHint = "is the printer switched on and connected, and does no other program use it?"

func probePrinter(ctx context.Context, set *flag.FlagSet, args []string) error {
	var c board.PrinterConfig
	set.StringVar(&c.Port, "port", "", "printer `port`: file:/dev/usb/lp0, tcp:HOST:9100, serial:/dev/ttyUSB0?baud=19200, cups:QUEUE, sim")
	set.StringVar(&c.Profile, "profile", "generic-80", "one of "+strings.Join(escpos.ProfileNames(), ", "))
	set.StringVar(&c.Profiles, "profiles", "", "`file` of more profiles")
	only := set.Bool("status", false, "ask for the state and print nothing")
	strip := set.Bool("strip", false, "print the test strip, ask what came out right, and make a profile of the answers")
	name := set.String("name", "my-printer", "`name` of the profile that -strip makes")
	out := set.String("out", "", "`file` for it; empty shows it here")
	if err := parse(set, args); err != nil {
		return err
	}
	if *strip {
		return probeStrip(ctx, c.Port, *name, *out)
	}
	b, err := open(board.Config{Printer: &c}, board.OpenPrinter)
	if err != nil {
		return err
	}
	defer b.Close() // the port may close as it likes
	status, err := b.Printer.Status()
	if err != nil {
		return &program.Hinted{Err: err, Hint: printerHint}
	}
	fmt.Println(b.Printer, "is", status)
	if *only {
		return nil
	}
	start := time.Now()
	if err := b.Printer.Print(wholeSlip(c.Profile)); err != nil {
		return err
	}
	after, err := b.Printer.Confirm()
	fmt.Printf("sample sent in %s, now %s\n", time.Since(start).Round(time.Millisecond), after)
	return err
}

// wholeSlip shows whether a profile is right: width, sizes, Chinese, QR code, knife.
func wholeSlip(profile string) escpos.Doc {
	return escpos.Doc{
		escpos.Line{Text: "测试条 TEST", Align: escpos.Center, Size: escpos.Size{W: 2, H: 2}},
		escpos.Line{Text: profile, Align: escpos.Center},
		escpos.Rule{},
		escpos.Line{Text: "A012", Align: escpos.Center, Size: escpos.Size{W: 6, H: 6}, Bold: true},
		escpos.Line{Text: "常用字：社会保险 不动产登记 营业执照"},
		escpos.Line{Text: "生僻字：赟 堃 喆 旻 䶮"},
		escpos.Pair{Left: "左边 left", Right: "right 右边"},
		escpos.QR{Text: "https://www.example.org/test"},
		escpos.Line{Text: "字迹清楚、左右齐边、已切纸，即为正常", Align: escpos.Center},
		escpos.Cut{},
	}
}

// probeStrip finds out what a printer can do: what it tells of itself, and what a person sees on paper.
func probeStrip(ctx context.Context, spec, name, out string) error {
	rw, baud, err := openRaw(spec)
	if err != nil {
		return &program.Hinted{Err: err, Hint: "ports are file:/dev/usb/lp0, tcp:HOST:9100, serial:/dev/ttyUSB0?baud=19200, cups:QUEUE", Usage: true}
	}
	defer rw.Close() // the strip is out
	found := escpos.Profile{Name: name, About: "found by the test strip", Baud: baud, Ask: askable(rw)}
	found.Receipt = found.Ask == escpos.AskDLE && receipts(rw)
	fmt.Printf("状态指令 status command: %s; GS r: %v\n", found.Ask, found.Receipt)
	if _, err := rw.Write(testStrip()); err != nil {
		return &program.Hinted{Err: err, Hint: printerHint}
	}
	fmt.Print("看打印出的测试条，逐条回答。Look at the strip and answer.\n")
	found, err = judge(ctx, os.Stdin, os.Stdout, found)
	if err != nil {
		return err
	}
	raw, err := escpos.MarshalProfile(found, "test strip on "+spec+", looked at "+time.Now().Format(time.DateOnly))
	if err != nil {
		return err
	}
	raw = append(append([]byte("[\n"), raw...), "\n]\n"...)
	if out == "" {
		fmt.Printf("\n%s", raw)
		return nil
	}
	if err := os.WriteFile(out, raw, 0o644); err != nil {
		return err
	}
	fmt.Printf("\n写好了 written: %s\n配置 configure: \"printer\": {\"port\": %q, \"profile\": %q, \"profiles\": %q}\n", out, spec, name, out)
	return nil
}

// openRaw opens a port without any profile.
func openRaw(spec string) (rw io.ReadWriteCloser, baud int, err error) {
	switch {
	case spec == board.Sim:
		profile, err := escpos.ProfileByName("simulated-58")
		if err != nil {
			return nil, 0, err
		}
		rw, err = sim.NewPrinter(profile)
		return rw, 0, err
	case strings.HasPrefix(spec, "cups:"):
		rw, err = port.OpenQueue(spec)
		return rw, 0, err
	}
	p, err := port.Open(spec)
	if err != nil {
		return nil, 0, err
	}
	return p, p.Baud(), nil
}

// trial drives a printer of which only the one thing is known that is tried.
func trial(rw io.ReadWriter, ask escpos.Ask, receipt bool) (escpos.Status, error) {
	p := escpos.Profile{Name: "trial", Dots: 384, Charset: escpos.CharsetGBK, Ask: ask, Receipt: receipt}
	dev, err := escpos.New(rw, &escpos.Opts{Profile: p})
	if err != nil {
		return escpos.Status{}, err
	}
	if receipt {
		return dev.Confirm()
	}
	return dev.Status()
}

// askable returns the first way of asking that the printer answers.
func askable(rw io.ReadWriter) escpos.Ask {
	for _, ask := range []escpos.Ask{escpos.AskDLE, escpos.AskAuto, escpos.AskLines} {
		if s, err := trial(rw, ask, false); err == nil && s.Answered {
			return ask
		}
	}
	return escpos.AskNone
}

// receipts reports whether the printer answers GS r.
func receipts(rw io.ReadWriter) bool {
	s, err := trial(rw, escpos.AskDLE, true)
	return err == nil && s.Printed
}

// testStrip is the strip: numbered lines, each of which shows one thing that a profile says. It is made by hand,
// since no profile is known yet.
func testStrip() []byte {
	var b escpos.Builder
	line := func(text string, set escpos.Charset) {
		b.Text(text, set)
		b.Line()
	}
	b.Init()
	b.Chinese(false)
	line("TEST STRIP", escpos.CharsetNone+1)
	line("1 ABCDEFGH abcdefgh 0123456789", escpos.CharsetGB2312)
	ruler := ""
	for i := 5; i <= 60; i += 5 {
		ruler += fmt.Sprintf("...%02d", i)
	}
	b.Text("2 ", escpos.CharsetGB2312)
	line(ruler[2:], escpos.CharsetGB2312)
	b.Text("3 ", escpos.CharsetGB2312) // Chinese without having asked for it
	line("社会保险", escpos.CharsetGB2312)
	b.Chinese(true)
	line("4 社会保险 不动产登记", escpos.CharsetGB2312)
	line("5 喆 堃 玥 昇 煊", escpos.CharsetGBK)
	b.Size(escpos.Size{W: 6, H: 6})
	line("A012", escpos.CharsetGB2312)
	b.Size(escpos.Size{})
	line("6 ^ A012", escpos.CharsetGB2312)
	b.Raster(bars())
	line("7 ^ |||||", escpos.CharsetGB2312)
	b.QR("https://www.example.org/test", 6)
	line("8 ^ QR", escpos.CharsetGB2312)
	b.Feed(240)
	b.Cut(escpos.CutterPartial)
	return b.Bytes()
}

// bars is a small picture: five upright bars.
func bars() *image.Paletted {
	const bar, height = 8, 48
	paper, err := escpos.NewPaper(384, func(dst *image.Paletted, cell image.Rectangle, _ rune) {
		for y := cell.Min.Y; y < cell.Max.Y; y++ {
			for x := cell.Min.X; x < cell.Min.X+bar; x++ {
				dst.SetColorIndex(x, y, escpos.Ink)
			}
		}
	})
	if err != nil {
		panic(err) // 384 dots are a width that there is
	}
	for _, c := range []escpos.Command{{Op: escpos.OpSize, Size: escpos.Size{W: 2, H: height / 24}}, {Op: escpos.OpText, Text: "IIIII"}} {
		if err := paper.Do(c); err != nil {
			panic(err) // five characters fit
		}
	}
	return paper.Tear()
}

// judge asks a person about the strip and returns the profile with what the answers prove. What nobody saw has the
// careful value. It ends with ctx, also while it waits for an answer.
func judge(ctx context.Context, in io.Reader, out io.Writer, p escpos.Profile) (escpos.Profile, error) {
	q := questions{ctx: ctx, lines: linesOf(ctx, in), out: out}
	p.PaperMM = q.number("纸宽几毫米？ paper width in mm", "58", "80")
	last := q.number("第 2 条第一排最后一个数是几？ line 2: the last number on its first row", "30", "40", "45")
	p.Dots = map[int]int{30: 384, 40: 512, 45: 576}[last] // 32, 42 or 48 columns
	fixed := q.yes("第 3 行是“社会保险”吗？ line 3 reads 社会保险")
	common := q.yes("第 4 行是“社会保险 不动产登记”吗？ line 4 reads 社会保险 不动产登记")
	rare := q.yes("第 5 行五个字都对吗（喆 堃 玥 昇 煊）？ line 5 is right")
	p.Chinese, p.Charset = escpos.ChineseNone, escpos.CharsetNone
	switch {
	case common:
		p.Chinese, p.Charset = escpos.ChineseOn, escpos.CharsetGB2312
	case fixed:
		p.Charset = escpos.CharsetGB2312
	}
	if rare && p.Charset != escpos.CharsetNone {
		p.Charset = escpos.CharsetGBK
	}
	p.Number = escpos.NumberText
	if !q.yes("第 6 条上面的大号码 A012 清楚完整吗？ the large A012 above 6 is whole") {
		p.Number = escpos.NumberRaster
	}
	bars := q.yes("第 7 条上面有五条竖杠吗？ five bars above 7")
	p.QR = q.yes("第 8 条上面的二维码扫得出吗？ the code above 8 can be scanned")
	p.Cutter = escpos.Cutter(q.word("纸切了吗（none 没切，partial 留一点，full 全断）？ the knife", "none", "partial", "full"))
	p.TailFeed, p.RollMM = 120, map[int]int{58: 25_000, 80: 50_000}[p.PaperMM]
	if p.Cutter == escpos.CutterNone {
		p.TailFeed = 96
	}
	switch {
	case q.err != nil:
		return p, q.err
	case p.Charset == escpos.CharsetNone && p.Baud > 0:
		return p, program.Usage("take a printer with a Chinese font, or one on USB or the network",
			"this printer has no Chinese text, and pictures of a whole slip take half a minute on a serial line")
	case p.Charset == escpos.CharsetNone && !bars:
		return p, program.Usage("take a printer with GS v 0", "this printer prints neither Chinese text nor pictures")
	}
	return p, nil
}

// questions asks a person and takes only legal answers.
type questions struct {
	ctx   context.Context
	lines <-chan string
	out   io.Writer
	err   error
}

// linesOf reads lines until in or ctx ends. A terminal that says nothing keeps its reader until the program ends.
func linesOf(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// line returns the next line, or sets q.err.
func (q *questions) line() string {
	if q.err = q.ctx.Err(); q.err != nil {
		return "" // also when answers never end
	}
	select {
	case text, more := <-q.lines:
		if !more {
			q.err = program.Usage("answer each question", "the answers ended")
		}
		return strings.ToLower(strings.TrimSpace(text))
	case <-q.ctx.Done():
		q.err = q.ctx.Err()
		return ""
	}
}

func (q *questions) word(text string, legal ...string) string {
	for wrong := 0; q.err == nil; {
		fmt.Fprintf(q.out, "%s [%s] ", text, strings.Join(legal, "/"))
		answer := q.line()
		switch {
		case q.err != nil:
			fmt.Fprintln(q.out)
		case slices.Contains(legal, answer):
			return answer
		default:
			wrong++
			fmt.Fprintf(q.out, "%q 不行，只能答 is no answer here, legal are: %s\n", answer, strings.Join(legal, ", "))
		}
		if wrong == wrongMax {
			q.err = program.Usage("look at the strip and start again", "%d wrong answers to one question, legal are %s", wrong, strings.Join(legal, ", "))
		}
	}
	return legal[0]
}

func (q *questions) yes(text string) bool { return q.word(text, "n", "y") == "y" }

func (q *questions) number(text string, legal ...string) int {
	n, err := strconv.Atoi(q.word(text, legal...))
	if err != nil {
		q.err = err
	}
	return n
}
