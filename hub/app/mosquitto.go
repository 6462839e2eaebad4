package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"jiaohao/hub/broker"
	"jiaohao/hub/queue"
	"jiaohao/hub/wire"
)

// WriteMosquitto writes mosquitto.conf and acl into dir, with the rights that the
// plan's devices and the hub have on the embedded broker. Passwords are made with
// mosquitto_passwd in the file "passwords" beside them.
func WriteMosquitto(p *queue.Plan, listen, dir string) error {
	given := [32]byte{1} // means nothing to Mosquitto, but an account must have a secret
	accounts := []broker.Account{grant(wire.ClientID, given, wire.HubRights(p.Hall), true)}
	for i := range p.Devices {
		id := p.Devices[i].ID
		accounts = append(accounts, grant(string(id), given, wire.Rights(p, p.Hall, id), false))
	}
	acl, err := broker.MosquittoACL(accounts)
	if err != nil {
		return fmt.Errorf("mosquitto: %w", err)
	}
	conf, err := broker.MosquittoConf(listen, filepath.Join(dir, "passwords"), filepath.Join(dir, "acl"))
	if err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "acl"), []byte(acl), 0o644),
		os.WriteFile(filepath.Join(dir, "mosquitto.conf"), []byte(conf), 0o644),
	)
}
