package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	_ "unsafe"

	"github.com/hashicorp/memberlist"
)

// What the library keeps to itself, linked by name: a node is driven call by call, without its
// goroutines, so that what it does depends on nothing but what it is given.

// handoff has the layout of memberlist's msgHandoff.
type handoff struct {
	kind uint8
	body []byte
	from net.Addr
}

//go:linkname newMemberlist github.com/hashicorp/memberlist.newMemberlist
func newMemberlist(conf *memberlist.Config) (*memberlist.Memberlist, error)

//go:linkname setAlive github.com/hashicorp/memberlist.(*Memberlist).setAlive
func setAlive(m *memberlist.Memberlist) error

//go:linkname ingestPacket github.com/hashicorp/memberlist.(*Memberlist).ingestPacket
func ingestPacket(m *memberlist.Memberlist, buf []byte, from net.Addr, timestamp time.Time)

//go:linkname getNextMessage github.com/hashicorp/memberlist.(*Memberlist).getNextMessage
func getNextMessage(m *memberlist.Memberlist) (handoff, bool)

//go:linkname handleSuspect github.com/hashicorp/memberlist.(*Memberlist).handleSuspect
func handleSuspect(m *memberlist.Memberlist, buf []byte, from net.Addr)

//go:linkname handleAlive github.com/hashicorp/memberlist.(*Memberlist).handleAlive
func handleAlive(m *memberlist.Memberlist, buf []byte, from net.Addr)

//go:linkname handleDead github.com/hashicorp/memberlist.(*Memberlist).handleDead
func handleDead(m *memberlist.Memberlist, buf []byte, from net.Addr)

//go:linkname handleUser github.com/hashicorp/memberlist.(*Memberlist).handleUser
func handleUser(m *memberlist.Memberlist, buf []byte, from net.Addr)

//go:linkname handleConn github.com/hashicorp/memberlist.(*Memberlist).handleConn
func handleConn(m *memberlist.Memberlist, conn net.Conn)

//go:linkname sendLocalState github.com/hashicorp/memberlist.(*Memberlist).sendLocalState
func sendLocalState(m *memberlist.Memberlist, conn net.Conn, join bool) error

//go:linkname encode github.com/hashicorp/memberlist.encode
func encode(kind uint8, in interface{}) (*bytes.Buffer, error)

//go:linkname decode github.com/hashicorp/memberlist.decode
func decode(buf []byte, out interface{}) error

//go:linkname makeCompoundMessage github.com/hashicorp/memberlist.makeCompoundMessage
func makeCompoundMessage(msgs [][]byte) *bytes.Buffer

//go:linkname compressPayload github.com/hashicorp/memberlist.compressPayload
func compressPayload(inp []byte) (*bytes.Buffer, error)

//go:linkname encryptPayload github.com/hashicorp/memberlist.encryptPayload
func encryptPayload(vsn uint8, key []byte, msg []byte, data []byte, dst *bytes.Buffer) error

//go:linkname decryptPayload github.com/hashicorp/memberlist.decryptPayload
func decryptPayload(keys [][]byte, msg []byte, data []byte) ([]byte, error)

//go:linkname decompressPayload github.com/hashicorp/memberlist.decompressPayload
func decompressPayload(msg []byte) ([]byte, error)

//go:linkname decodeCompoundMessage github.com/hashicorp/memberlist.decodeCompoundMessage
func decodeCompoundMessage(buf []byte) (trunc int, parts [][]byte, err error)

// address is a net.Addr of nothing but text.
type address string

func (a address) Network() string { return "udp" }
func (a address) String() string  { return string(a) }

// outlet is a transport that only remembers what it was to send.
type outlet struct {
	ip      net.IP
	port    int
	packets []sent
}

type sent struct {
	To    string `json:"to"`
	Bytes octets `json:"bytes"`
}

func (o *outlet) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return o.ip, o.port, nil }
func (o *outlet) WriteTo(b []byte, to string) (time.Time, error) {
	if _, err := net.ResolveUDPAddr("udp", to); err != nil {
		return time.Time{}, err // As a socket would.
	}
	o.packets = append(o.packets, sent{to, append([]byte{}, b...)})
	return time.Now(), nil
}
func (o *outlet) PacketCh() <-chan *memberlist.Packet { return nil }
func (o *outlet) StreamCh() <-chan net.Conn           { return nil }
func (o *outlet) Shutdown() error                     { return nil }
func (o *outlet) DialTimeout(string, time.Duration) (net.Conn, error) {
	return nil, errors.New("this node dials nobody")
}

// node is one memberlist node and what it said since the last look.
type node struct {
	list   *memberlist.Memberlist
	config *memberlist.Config
	out    *outlet
	events [][2]string
	users  []octets
	relays []uint32 // The numbers of the pings it sent for others, in their order.
}

func (n *node) NodeMeta(int) []byte             { return []byte("self") }
func (n *node) NotifyMsg(message []byte)        { n.users = append(n.users, append([]byte{}, message...)) }
func (n *node) GetBroadcasts(int, int) [][]byte { return nil }
func (n *node) LocalState(bool) []byte          { return nil }
func (n *node) MergeRemoteState([]byte, bool)   {}
func (n *node) NotifyJoin(who *memberlist.Node) { n.tell("joined", who) }
func (n *node) NotifyLeave(who *memberlist.Node) {
	n.tell("gone", who)
}
func (n *node) NotifyUpdate(who *memberlist.Node) { n.tell("updated", who) }
func (n *node) NotifyConflict(existing, other *memberlist.Node) {
	n.tell("conflict", existing)
}
func (n *node) tell(event string, who *memberlist.Node) {
	n.events = append(n.events, [2]string{event, who.Name})
}

// eternity is longer than any run: timers are set and never fire.
const eternity = 10 * time.Hour

func newNode(s settings) *node {
	n := &node{out: &outlet{ip: net.ParseIP(selfIP).To4(), port: selfPort}}
	c := memberlist.DefaultLANConfig()
	c.Name = selfName
	c.BindAddr = selfIP
	c.BindPort = selfPort
	c.Transport = n.out
	c.Delegate = n
	c.Events = n
	c.Conflict = n
	c.LogOutput = io.Discard
	c.ProbeInterval = eternity
	c.ProbeTimeout = eternity
	c.TCPTimeout = time.Second // Of a stream that lacks something; the others end at once.
	c.EnableCompression = s.Compression
	c.GossipVerifyIncoming = s.Incoming
	c.GossipVerifyOutgoing = s.Outgoing
	c.DelegateProtocolMin, c.DelegateProtocolMax, c.DelegateProtocolVersion = 0, 0, 0
	// Ours frees the name of a dead member at once; here that is the shortest time there is.
	c.DeadNodeReclaimTime = time.Nanosecond
	if len(s.Keys) > 0 {
		keys := make([][]byte, len(s.Keys))
		for i, key := range s.Keys {
			keys[i] = key
		}
		ring, err := memberlist.NewKeyring(keys, keys[0])
		check(err)
		c.Keyring = ring
	}
	list, err := newMemberlist(c)
	check(err)
	check(setAlive(list))
	// Ends the goroutines that would work beside us; the node itself goes on.
	check(list.Shutdown())
	n.list, n.config = list, c
	return n
}

// work handles what the last packet left in the queues, in the library's order.
func (n *node) work() {
	for {
		message, ok := getNextMessage(n.list)
		if !ok {
			return
		}
		switch message.kind {
		case suspectMsg:
			handleSuspect(n.list, message.body, message.from)
		case aliveMsg:
			handleAlive(n.list, message.body, message.from)
		case deadMsg:
			handleDead(n.list, message.body, message.from)
		case userMsg:
			handleUser(n.list, message.body, message.from)
		}
	}
}

// attempt runs `what` and says how it crashed, if it did.
func attempt(what func()) (crash string) {
	defer func() {
		if r := recover(); r != nil {
			crash = fmt.Sprint(r)
		}
	}()
	what()
	return ""
}

func (n *node) packet(from string, b []byte) string {
	before := len(n.out.packets)
	crash := attempt(func() {
		ingestPacket(n.list, append([]byte{}, b...), address(from), time.Now())
		n.work()
	})
	for _, each := range n.out.packets[before:] {
		n.noteRelay(n.opened(each.Bytes))
	}
	return crash
}

// opened is a packet of the node without its envelopes.
func (n *node) opened(b []byte) []byte {
	if n.config.EncryptionEnabled() && n.config.GossipVerifyOutgoing {
		plain, err := decryptPayload(n.config.Keyring.GetKeys(), b, nil)
		check(err)
		b = plain
	}
	if b[0] == compressMsg {
		plain, err := decompressPayload(b[1:])
		check(err)
		b = plain
	}
	return b
}

// isBare tells that a packet of the node carries no gossip on its back.
func (n *node) isBare(b []byte) bool { return n.opened(b)[0] != compoundMsg }

func (n *node) noteRelay(b []byte) {
	if b[0] == compoundMsg {
		_, parts, err := decodeCompoundMessage(b[1:])
		check(err)
		b = parts[0] // What was to be said comes first, then the gossip.
	}
	var relayed ping
	if b[0] == pingMsg && decode(b[1:], &relayed) == nil {
		n.relays = append(n.relays, relayed.SeqNo)
	}
}

// stream gives what a peer's connection gets back that says `b` and then waits, or is cut.
func (n *node) stream(b []byte, cut bool) (answer []byte, crash string) {
	ours, theirs := net.Pipe()
	go func() {
		theirs.Write(b)
		if cut {
			theirs.Close()
		}
	}()
	done := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(theirs)
		done <- all
	}()
	crash = attempt(func() { handleConn(n.list, ours) })
	ours.Close()
	return <-done, crash
}

// state is what the node would say of everybody in a push/pull.
func (n *node) state() []byte {
	ours, theirs := net.Pipe()
	done := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(theirs)
		done <- all
	}()
	check(sendLocalState(n.list, ours, false))
	ours.Close()
	return <-done
}

// plainState is the same without compression and encryption.
func (n *node) plainState() []byte {
	compression, outgoing := n.config.EnableCompression, n.config.GossipVerifyOutgoing
	n.config.EnableCompression, n.config.GossipVerifyOutgoing = false, false
	defer func() {
		n.config.EnableCompression, n.config.GossipVerifyOutgoing = compression, outgoing
	}()
	return n.state()
}
