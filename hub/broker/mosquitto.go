package broker

import (
	"fmt"
	"net"
	"strings"
)

// MosquittoConf is a mosquitto.conf (2.0) that comes as near to the gate as Mosquitto can: same sizes, no anonymous
// clients, client id from the user name, nothing on disk. listen is host:port. passwords names a file made with
// mosquitto_passwd, one run per account with the account's own password, because Mosquitto keeps salted hashes of its
// own kind; acl names a file with the text of MosquittoACL.
//
// What it cannot do: refuse a keep-alive of 0, a persistent session or a Will without rights at CONNECT (such a Will is
// not delivered), clear a retain flag, answer a SUBSCRIBE without the right with 0x80 (it is granted and stays
// silent), limit a client's rate, keep silent connections from taking places.
func MosquittoConf(listen, passwords, acl string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("mosquitto listener: %w", err)
	}
	lines := []string{
		"listener " + port + " " + host,
		"protocol mqtt",
		"max_qos 1",
		fmt.Sprintf("max_connections %d", defaultMaxClients),
		"use_username_as_clientid true",
		"allow_anonymous false",
		"allow_zero_length_clientid false",
		"password_file " + passwords,
		"acl_file " + acl,
		"persistence false",
		fmt.Sprintf("message_size_limit %d", payloadMax),
		fmt.Sprintf("max_packet_size %d", packetMax+4),
		"max_queued_bytes 1048576",
		"set_tcp_nodelay true",
		"log_dest stderr",
		"log_type error",
		"log_type warning",
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// MosquittoACL is the text of an acl_file that gives the accounts the topics that they have on the embedded broker.
// Retain and Trusted have no like in it. It returns the error of the first account that does not pass Validate.
func MosquittoACL(accounts []Account) (string, error) {
	var b strings.Builder
	for _, a := range accounts {
		if err := a.Validate(); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "user %s\n", a.ID)
		for _, topic := range a.Publish {
			fmt.Fprintf(&b, "topic write %s\n", topic)
		}
		if a.Will != "" {
			fmt.Fprintf(&b, "topic write %s\n", a.Will)
		}
		for _, topic := range a.Subscribe {
			fmt.Fprintf(&b, "topic read %s\n", topic)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
