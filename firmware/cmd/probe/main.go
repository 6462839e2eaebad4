// Command probe tries a device's hardware by hand, one part at a time.
//
//	probe printer -port file:/dev/usb/lp0 -profile gbk-80 [-status], or -strip -name my-printer -out printers.json
//	probe slip    -profile gbk-58 [-config config.json] [-lang en] [-out DIR], or -logo FILE.png
//	probe panel   -spi SPI0.0 [-columns 8 -rows 2] [-text 请到3号窗口], or -kind ws2812, ssd1306, ddp, signs
//	probe button  -pin GPIO17 [-active-high]
//	probe keypad  -rows GPIO5,GPIO6 -cols GPIO13,GPIO19 -layout 12,34
//	probe numpad  -device "SIGMACHIP USB Keyboard" [-led num]
//	probe serialpad -path /dev/ttyUSB0 [-baud 9600] [-raw]
//	probe evaluator -pins GPIO17,GPIO27,GPIO22,GPIO23,GPIO26 [-lamp GPIO18]
//	probe lamp    -lamp GPIO24 -buzzer GPIO25
//	probe voice   [-device plughw:1,0] [-wav FILE]
//
// "sim" as port, bus, pin or device tries the program without hardware.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"jiaohao/firmware/board"
	"jiaohao/firmware/program"
)

func main() { program.Exit("probe", mainImpl()) }

// parts are what can be tried, and how.
var parts = []struct {
	name, about string
	run         func(context.Context, *flag.FlagSet, []string) error
}{
	{"printer", "slip printer: state and a test strip", probePrinter},
	{"slip", "the hall's papers as pictures, from the printer's bytes", probeSlip},
	{"panel", "LED panel: test pattern or a text", probePanel},
	{"button", "push button", probeButton},
	{"keypad", "matrix keypad", probeKeypad},
	{"numpad", "USB number pad", probeNumpad},
	{"serialpad", "keypad on a serial line", probeSerialPad},
	{"evaluator", "the five keys of the citizen's side", probeEvaluator},
	{"lamp", "lamp and buzzer that answer a clerk", probeLamp},
	{"voice", "loudspeaker: the chime, and a call in each language", probeVoice},
}

func names() string {
	var all []string
	for _, p := range parts {
		all = append(all, p.name)
	}
	return strings.Join(all, ", ")
}

func help() {
	fmt.Print("probe: tries a device's hardware by hand, one part at a time\n\nusage: probe PART [flags]; probe PART -help tells its flags\n\n")
	for _, p := range parts {
		fmt.Printf("  %-10s %s\n", p.name, p.about)
	}
	fmt.Print("\n\"sim\" as port, bus, pin or device tries the program without hardware.\n")
}

func mainImpl() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 {
		return program.Usage("parts are "+names(), "no part was named")
	}
	switch name := os.Args[1]; name {
	case "-h", "-help", "--help", "help":
		help()
		return nil
	default:
		for _, p := range parts {
			if p.name != name {
				continue
			}
			err := p.run(ctx, flag.NewFlagSet("probe "+name, flag.ContinueOnError), os.Args[2:])
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}
		return program.Usage("parts are "+names(), "part %q is not known", name)
	}
}

func parse(set *flag.FlagSet, args []string) error {
	err := set.Parse(args)
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("argument %q is not expected", set.Arg(0))
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return program.Usage("see "+set.Name()+" -help", "%w", err)
}

func open(c board.Config, part board.Part) (*board.Board, error) {
	b, err := board.Open(c, part)
	var wrong *board.MistakeError
	if errors.As(err, &wrong) {
		return nil, program.Usage("probe PART -help tells the flags and what is legal", "%w", err)
	}
	if err != nil {
		return nil, &program.Hinted{Err: err, Hint: "check the name, the cable, and that this user is in the groups lp, gpio, spi, input and dialout"}
	}
	return b, nil
}
