package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jiaohao/firmware/notify"
	"jiaohao/hub/app"
	"jiaohao/hub/hall"
	"jiaohao/hub/journal"
	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

type runCmd struct {
	Data           string `default:"/var/lib/jiaohao" help:"Folder of the journal and the accounts."`
	Plan           string `help:"The hall's plan file; without it the plan of the journal."`
	HTTP           string `default:"127.0.0.1:8080" help:"Address of the pages."`
	MQTT           string `default:"127.0.0.1:1883" help:"Address of the broker for the devices."`
	Broker         string `help:"URL of an external MQTT broker, instead of the embedded one."`
	BrokerPassword string `env:"JIAOHAO_BROKER_PASSWORD" help:"The hub's password there; better by the environment."`
	PublicURL      string `help:"What phones reach: the base of the links on slips."`
}

// Run runs the hub until it is told to stop.
func (c runCmd) Run(ctx context.Context, log *slog.Logger) error {
	if err := checkURL(c.PublicURL); err != nil {
		return err
	}
	plan, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	h, err := app.Open(ctx, app.Options{
		Dir: c.Data, Plan: plan, HTTP: c.HTTP, MQTT: c.MQTT, Broker: c.Broker, BrokerPassword: c.BrokerPassword,
		PublicURL: c.PublicURL, DayAuto: plan != nil, Version: version(), Log: log,
	})
	if err != nil {
		return err
	}
	broker := c.Broker
	if a := h.MQTTAddr(); a != nil {
		broker = "tcp://" + a.String()
	}
	if c.PublicURL == "" {
		log.Warn("no --public-url: the QR codes on slips lead to this machine only", "links", "http://"+h.HTTPAddr().String())
	}
	log.Info("hub runs", "pages", "http://"+h.HTTPAddr().String(), "broker", broker, "data", c.Data)
	telling, stop := context.WithCancel(ctx)
	defer stop()
	told := make(chan error, 1)
	go func() { told <- notify.Run(telling, h.StatusLine, h.Alive) }()
	err = h.Run(ctx)
	stop()
	return errors.Join(err, <-told)
}

// usageError is a mistake on the command line.
type usageError struct{ error }

// checkURL returns nil when s is empty or what phones can open.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if s != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return usageError{fmt.Errorf("--public-url %q is not of the form http://hall.example:8080", s)}
	}
	return nil
}

// readPlan reads a plan file; "" is no plan.
func readPlan(path string) (*queue.Plan, error) {
	if path == "" {
		return nil, nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := queue.ParsePlan(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &p, nil
}

type planCmd struct {
	File string `arg:"" help:"The plan file."`
}

// Run checks the plan file and says what is in it.
func (c planCmd) Run() error {
	p, err := readPlan(c.File)
	if err != nil {
		return err
	}
	fmt.Printf("%s: hall %s, %d services, %d windows, %d pairs, %d clerks, %d devices\n",
		c.File, p.Hall, len(p.Services), len(p.Windows), len(p.Pairs), len(p.Clerks), len(p.Devices))
	if !slices.ContainsFunc(p.Clerks, func(c queue.Clerk) bool { return c.Manager }) {
		fmt.Fprintln(os.Stderr, "hint: nobody is a manager, so nobody can open the manager's page; give a clerk manager: true")
	}
	return nil
}

type verifyCmd struct {
	Data string `default:"/var/lib/jiaohao" help:"Folder or file of the journal."`
}

// Run walks the whole chain and makes state and service log anew beside it.
func (c verifyCmd) Run(ctx context.Context) error {
	sum, err := hall.Verify(ctx, c.Data)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d events, the chain is whole, service log and snapshots are what it makes, head %x\n", c.Data, sum.Events, sum.Hash)
	return nil
}

type backupCmd struct {
	Data string `default:"/var/lib/jiaohao" help:"Folder of the journal."`
	To   string `arg:"" help:"The new file."`
}

// Run copies the journal.
func (c backupCmd) Run(ctx context.Context) error {
	if err := journal.BackupFile(ctx, c.Data, c.To); err != nil {
		return err
	}
	fmt.Println("backup:", c.To)
	return nil
}

type rebuildCmd struct {
	Data string `default:"/var/lib/jiaohao" help:"Folder of the journal; the hub must not run."`
}

// Run makes the service log again.
func (c rebuildCmd) Run(ctx context.Context) error {
	before, err := journal.Verify(ctx, c.Data) // also says so when there is no journal
	if err != nil {
		return err
	}
	j, err := journal.Open(c.Data, journal.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(hall.Rebuild(ctx, j), j.Close()); err != nil {
		return err
	}
	fmt.Printf("%s: the service log is made again from %d events\n", c.Data, before.Events)
	return nil
}

type mosquittoCmd struct {
	Plan   string `required:"" help:"The hall's plan file."`
	Listen string `default:"0.0.0.0:1883" help:"Address on which Mosquitto listens."`
	To     string `arg:"" help:"Folder for mosquitto.conf and acl."`
}

// Run writes Mosquitto's configuration with the rights of the plan's devices.
func (c mosquittoCmd) Run() error {
	p, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	if err := app.WriteMosquitto(p, c.Listen, c.To); err != nil {
		return err
	}
	fmt.Printf("%s: mosquitto.conf and acl are written\n", c.To)
	fmt.Fprintf(os.Stderr, "hint: give each device and the user hub a password: mosquitto_passwd -c %s hub\n", filepath.Join(c.To, "passwords"))
	return nil
}

type enrollCmd struct {
	Data   string `default:"/var/lib/jiaohao" help:"The hub's folder."`
	Plan   string `required:"" help:"The hall's plan file, which names the device."`
	Device string `arg:"" help:"The device's id in the plan."`
}

// Run enrols a device and prints its password.
func (c enrollCmd) Run() error {
	p, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	d := p.Device(protocol.DeviceID(c.Device))
	if d == nil {
		var ids []string
		for i := range p.Devices {
			ids = append(ids, string(p.Devices[i].ID))
		}
		return fmt.Errorf("the plan has no device %q, it has: %s", c.Device, strings.Join(ids, ", "))
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	password, err := app.OpenAccounts(c.Data).Enroll(d.ID, time.Now())
	if err != nil {
		return err
	}
	fmt.Printf("device    %s (%s)\nhall      %s\npassword  %s\n", d.ID, d.Kind, p.Hall, password)
	fmt.Fprintln(os.Stderr, "hint: the password is shown this once; enrolling again makes another and cuts the old one")
	return nil
}

type revokeCmd struct {
	Data   string `default:"/var/lib/jiaohao" help:"The hub's folder."`
	Device string `arg:"" help:"The device's id."`
}

// Run ends a device's account.
func (c revokeCmd) Run() error {
	if _, err := os.Stat(filepath.Clean(c.Data)); err != nil {
		return err
	}
	return app.OpenAccounts(c.Data).Revoke(protocol.DeviceID(c.Device))
}

type pinCmd struct{}

// Run reads a PIN and prints its hash.
func (pinCmd) Run() error {
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprint(os.Stderr, "PIN: ")
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return usageError{errors.New("no PIN on standard input; write it there: echo 4711 | hub pin")}
	}
	hash, err := hall.HashPIN(strings.TrimSpace(line))
	if err != nil {
		return usageError{err}
	}
	fmt.Println(hash)
	return nil
}
