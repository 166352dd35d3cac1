// A real memberlist node for the interoperability tests, spoken to over standard input and output
// in JSON, one object a line. The first line configures it:
//
//	{"name":"go-1","bind":"127.3.0.1","meta":"00ff","compression":true,"versions":[0,0,0],
//	 "key":"hex, optional","port":0,"verify_incoming":true,"verify_outgoing":true,
//	 "gossip_to_the_dead":"30s"}
//
// and is answered by {"ready":"127.3.0.1:40001"}. A command {"id":7,"do":"join","addresses":[…]} is
// answered by {"id":7,"ok":true,…}; what the node hears from others comes as {"event":"joined",…}
// in between. End of input ends the process without a goodbye.
//
// "install", "use" and "remove" work on the keyring, "verify" says what is to be sealed; both while
// traffic runs. "announce" and "announcements" write and read metadata as the original Scrimp LB does: gzip of
// JSON, with ports as strings.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

type settings struct {
	Name        string   `json:"name"`
	Bind        string   `json:"bind"`
	Port        int      `json:"port"`
	Meta        string   `json:"meta"`
	Key         string   `json:"key"`
	Compression bool     `json:"compression"`
	Versions    [3]uint8 `json:"versions"`
	// Sealing that is not mentioned is wanted, as memberlist has it.
	VerifyIncoming  *bool  `json:"verify_incoming"`
	VerifyOutgoing  *bool  `json:"verify_outgoing"`
	GossipToTheDead string `json:"gossip_to_the_dead"`
}

type command struct {
	ID        int      `json:"id"`
	Do        string   `json:"do"`
	Addresses []string `json:"addresses"`
	Meta      string   `json:"meta"`
	To        string   `json:"to"`
	Message   string   `json:"message"`
	Reliable  bool     `json:"reliable"`
	Said      said     `json:"said"`
	Key       string   `json:"key"`
	Incoming  bool     `json:"incoming"`
	Outgoing  bool     `json:"outgoing"`
}

// said and application are the original's BackendMetadata and JSONApplication.
type said struct {
	Type         string        `json:"type"`
	Applications []application `json:"applications,omitempty"`
}

type application struct {
	Name            string   `json:"name"`
	ListenPort      string   `json:"listen-port"`
	ApplicationPort string   `json:"application-port"`
	Protocol        string   `json:"protocol"`
	Domains         []string `json:"domains"`
}

type object map[string]interface{}

// output writes whole lines, whichever goroutine they come from.
type output struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

func (o *output) put(line object) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.encoder.Encode(line) != nil {
		os.Exit(1)
	}
}

// peer is the node's delegate and its audience.
type peer struct {
	out    *output
	mutex  sync.Mutex
	meta   []byte
	config *memberlist.Config
}

func (p *peer) NodeMeta(limit int) []byte {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.meta
}

func (p *peer) setMeta(meta []byte) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.meta = meta
}

func (p *peer) NotifyMsg(message []byte) {
	p.out.put(object{"event": "message", "message": hex.EncodeToString(message)})
}

func (p *peer) GetBroadcasts(overhead, limit int) [][]byte      { return nil }
func (p *peer) LocalState(join bool) []byte                     { return nil }
func (p *peer) MergeRemoteState(state []byte, join bool)        {}
func (p *peer) NotifyJoin(node *memberlist.Node)                { p.tell("joined", node) }
func (p *peer) NotifyUpdate(node *memberlist.Node)              { p.tell("updated", node) }
func (p *peer) NotifyConflict(existing, other *memberlist.Node) { p.tell("conflict", other) }

// NotifyLeave cannot say whether the node left or died: 0.2.2 tells its delegate the name, but keeps
// the state to itself. A push/pull shows it.
func (p *peer) NotifyLeave(node *memberlist.Node) { p.tell("gone", node) }

func (p *peer) tell(event string, node *memberlist.Node) {
	line := describe(node)
	line["event"] = event
	p.out.put(line)
}

func describe(node *memberlist.Node) object {
	return object{
		"name":    node.Name,
		"address": node.Address(),
		"meta":    hex.EncodeToString(node.Meta),
		"versions": []int{int(node.PMin), int(node.PMax), int(node.PCur),
			int(node.DMin), int(node.DMax), int(node.DCur)},
	}
}

func announcement(what said) ([]byte, error) {
	text, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(text); err != nil {
		return nil, err
	}
	err = writer.Close()
	return packed.Bytes(), err
}

// read gives what a node announces; "exact" tells whether this program would have written the same
// text.
func read(meta []byte) object {
	reader, err := gzip.NewReader(bytes.NewReader(meta))
	if err != nil {
		return object{"error": err.Error()}
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return object{"error": err.Error()}
	}
	var what said
	if err := json.Unmarshal(text, &what); err != nil {
		return object{"error": err.Error()}
	}
	own, err := json.Marshal(what)
	return object{"said": what, "exact": err == nil && bytes.Equal(own, text)}
}

func announcements(list *memberlist.Memberlist) object {
	all := object{}
	for _, node := range list.Members() {
		all[node.Name] = read(node.Meta)
	}
	return all
}

func configure(given settings, p *peer) (*memberlist.Config, error) {
	config := memberlist.DefaultLANConfig()
	config.Name = given.Name
	config.BindAddr = given.Bind
	config.BindPort = given.Port
	config.AdvertisePort = given.Port
	config.EnableCompression = given.Compression
	config.DelegateProtocolMin = given.Versions[0]
	config.DelegateProtocolMax = given.Versions[1]
	config.DelegateProtocolVersion = given.Versions[2]
	config.Delegate = p
	config.Events = p
	config.Conflict = p
	config.LogOutput = os.Stderr
	meta, err := hex.DecodeString(given.Meta)
	if err != nil {
		return nil, err
	}
	p.setMeta(meta)
	if given.GossipToTheDead != "" {
		if config.GossipToTheDeadTime, err = time.ParseDuration(given.GossipToTheDead); err != nil {
			return nil, err
		}
	}
	config.GossipVerifyIncoming = given.VerifyIncoming == nil || *given.VerifyIncoming
	config.GossipVerifyOutgoing = given.VerifyOutgoing == nil || *given.VerifyOutgoing
	config.SecretKey, err = hex.DecodeString(given.Key)
	p.config = config
	return config, err
}

// changeKeys carries out what a keyring can do; memberlist has it under a lock of its own.
func changeKeys(keyring *memberlist.Keyring, c command) error {
	if keyring == nil {
		return errors.New("this peer began without a key")
	}
	key, err := hex.DecodeString(c.Key)
	if err != nil {
		return err
	}
	switch c.Do {
	case "install":
		return keyring.AddKey(key)
	case "use":
		return keyring.UseKey(key)
	}
	return keyring.RemoveKey(key)
}

func find(list *memberlist.Memberlist, name string) (*memberlist.Node, error) {
	for _, node := range list.Members() {
		if node.Name == name {
			return node, nil
		}
	}
	return nil, errors.New("no such member: " + name)
}

func send(list *memberlist.Memberlist, c command) error {
	message, err := hex.DecodeString(c.Message)
	if err != nil {
		return err
	}
	node, err := find(list, c.To)
	if err != nil {
		return err
	}
	if c.Reliable {
		return list.SendReliable(node, message)
	}
	return list.SendBestEffort(node, message)
}

func carryOut(list *memberlist.Memberlist, p *peer, c command) (object, error) {
	switch c.Do {
	case "join":
		reached, err := list.Join(c.Addresses)
		return object{"reached": reached}, err
	case "meta":
		meta, err := hex.DecodeString(c.Meta)
		if err != nil {
			return object{}, err
		}
		p.setMeta(meta)
		return object{}, list.UpdateNode(5 * time.Second)
	case "announce":
		meta, err := announcement(c.Said)
		if err != nil {
			return object{}, err
		}
		p.setMeta(meta)
		return object{}, list.UpdateNode(5 * time.Second)
	case "announcements":
		return object{"announcements": announcements(list)}, nil
	case "members":
		members := []object{}
		for _, node := range list.Members() {
			members = append(members, describe(node))
		}
		return object{"members": members}, nil
	case "send":
		return object{}, send(list, c)
	case "install", "use", "remove":
		return object{}, changeKeys(p.config.Keyring, c)
	case "verify":
		// memberlist reads these two as it goes and has no call to change them.
		p.config.GossipVerifyIncoming = c.Incoming
		p.config.GossipVerifyOutgoing = c.Outgoing
		return object{}, nil
	case "leave":
		return object{}, list.Leave(5 * time.Second)
	}
	return object{}, errors.New("unknown command: " + c.Do)
}

func run() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	var given settings
	if !lines.Scan() {
		return errors.New("no configuration")
	}
	if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
		return err
	}
	p := &peer{out: &output{encoder: json.NewEncoder(os.Stdout)}}
	config, err := configure(given, p)
	if err != nil {
		return err
	}
	list, err := memberlist.Create(config)
	if err != nil {
		return err
	}
	p.out.put(object{"ready": list.LocalNode().Address()})
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		answer, err := carryOut(list, p, c)
		answer["id"] = c.ID
		answer["ok"] = err == nil
		if err != nil {
			answer["error"] = err.Error()
		}
		p.out.put(answer)
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
