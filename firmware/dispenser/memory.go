package dispenser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"jiaohao/protocol"
)

const configName = "config.json"

// loadConfig returns the configuration that the hub sent last, or nil.
func loadConfig(dir string) (*protocol.Config, error) {
	raw, err := os.ReadFile(filepath.Join(dir, configName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("dispenser: last configuration: %w", err)
	}
	var c protocol.Config
	if err := protocol.Decode(raw, &c); err != nil {
		return nil, fmt.Errorf("dispenser: last configuration: %w", err)
	}
	return &c, nil
}

// keepConfig writes down a configuration that says something new, so that the
// dispenser works after a power cut while the hub is away. After a power cut during
// it the old one or the new one is there.
func keepConfig(dir string, last, c *protocol.Config) error {
	if last != nil {
		same := *last
		same.Stamp = c.Stamp
		if reflect.DeepEqual(same, *c) {
			return nil
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("dispenser: keep configuration: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, configName), raw); err != nil {
		return fmt.Errorf("dispenser: keep configuration: %w", err)
	}
	return nil
}

func replaceFile(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
