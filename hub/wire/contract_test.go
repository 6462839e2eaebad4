package wire

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"jiaohao/hub/queue"
	"jiaohao/protocol"
)

// The published contract says who may publish and read each channel. The broker
// must be told the same.
func TestTheRightsAreThoseOfThePublishedContract(t *testing.T) {
	src, err := os.ReadFile("../../protocol/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Channels map[string]struct {
			Address string `yaml:"address"`
			Rights  struct {
				Publish   []string `yaml:"publish"`
				Subscribe []string `yaml:"subscribe"`
			} `yaml:"x-rights"`
		} `yaml:"channels"`
	}
	if err := yaml.Unmarshal(src, &contract); err != nil {
		t.Fatal(err)
	}
	plan := &queue.Plan{
		Windows: []queue.Window{{ID: "w"}},
		Devices: []queue.Device{
			{ID: "dispenser", Kind: protocol.KindDispenser}, {ID: "display", Kind: protocol.KindDisplay, Window: "w"},
			{ID: "terminal", Kind: protocol.KindTerminal, Window: "w"}, {ID: "guest", Kind: protocol.KindGuest},
		},
	}
	for name, channel := range contract.Channels {
		for i := range plan.Devices {
			kind := string(plan.Devices[i].ID)
			topic := strings.NewReplacer("{hall}", string(hallID), "{device}", kind, "{window}", "w", "{service}", "s").Replace(channel.Address)
			g := Rights(plan, hallID, plan.Devices[i].ID)
			if got, want := may(g.Publish, topic), slices.Contains(channel.Rights.Publish, kind); got != want {
				t.Errorf("%s: %s may publish: %v, the contract says %v", name, kind, got, want)
			}
			if got, want := may(g.Subscribe, topic), slices.Contains(channel.Rights.Subscribe, kind); got != want {
				t.Errorf("%s: %s may subscribe: %v, the contract says %v", name, kind, got, want)
			}
		}
	}
	if len(contract.Channels) != 10 {
		t.Errorf("the contract has %d channels", len(contract.Channels))
	}
}
