// What a memberlist 0.2.2 node does with random packets and streams, for ../differential.cc to do
// the same with ours. Prints one JSON object a line:
//
//	{"do":"begin", …settings…}                             an episode: both start a new node
//	{"do":"packet","what":"alive","from":"10.0.0.3:7946","bytes":"04…", …outcome…}
//	{"do":"stream","what":"push/pull","bytes":"06…","cut":false, …outcome…}
//	{"do":"ack","relay":2, …outcome…}       the target of the third relayed ping answers
//	{"do":"drain", …outcome…}               asked so often that no gossip waits any more
//
// An outcome is "sent" (packets), "answer" (to a stream), "events", "users" (messages), "state"
// (a push/pull of everybody it knows) and "crash", if the library panicked; that ends the episode.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run . -seed 1 -episodes 20
package main

import (
	"bufio"
	nonces "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand"
	"os"
)

const (
	selfName = "self"
	selfIP   = "10.9.9.9"
	selfPort = 7946
)

// octets are hexadecimal in JSON.
type octets []byte

func (o octets) MarshalJSON() ([]byte, error) {
	return json.Marshal(hex.EncodeToString(o))
}

type settings struct {
	Do          string   `json:"do"`
	Episode     int64    `json:"episode"`
	Keys        []octets `json:"keys"`
	Incoming    bool     `json:"incoming"`
	Outgoing    bool     `json:"outgoing"`
	Compression bool     `json:"compression"`
}

type step struct {
	Do    string `json:"do"`
	What  string `json:"what"`
	From  string `json:"from,omitempty"`
	Bytes octets `json:"bytes,omitempty"`
	Cut   bool   `json:"cut,omitempty"`
	Relay int    `json:"relay"`
	// Whatever became of a damaged message: it ends the episode.
	Damaged bool `json:"damaged,omitempty"`
	outcome
}

type outcome struct {
	Sent   []sent      `json:"sent"`
	Answer octets      `json:"answer"`
	Events [][2]string `json:"events"`
	Users  []octets    `json:"users"`
	State  octets      `json:"state"`
	Crash  string      `json:"crash"`
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// take is what the node did since the last look.
func (n *node) take(crash string) outcome {
	o := outcome{Sent: n.out.packets, Events: n.events, Users: n.users, Crash: crash}
	n.out.packets, n.events, n.users = nil, nil, nil
	if crash == "" {
		o.State = n.state()
	}
	return o
}

// drain pings until an answer carries no gossip.
func (n *node) drain(wrap func([]byte) []byte) string {
	for {
		before := len(n.out.packets)
		if crash := n.packet(strangerAddress, wrap(message(pingMsg, ping{SeqNo: drainSeqNo}))); crash != "" {
			return crash
		}
		if len(n.out.packets) == before || n.isBare(n.out.packets[before].Bytes) {
			return ""
		}
	}
}

func episode(number int64, steps int, put func(interface{})) {
	random := rand.New(rand.NewSource(number))
	// So that an episode is the same again, byte for byte.
	nonces.Reader = random
	rand.Seed(number)
	given := randomSettings(random)
	given.Do, given.Episode = "begin", number
	put(given)
	n := newNode(given)
	g := &generator{random: random, node: n, settings: given}
	n.drain(g.wrap) // What it says of itself at first; ours says nothing before it joins.
	n.take("")
	for i := 0; i < steps; i++ {
		s := g.next(i)
		var crash string
		switch s.Do {
		case "packet":
			crash = n.packet(s.From, s.Bytes)
		case "ack":
			crash = n.packet(strangerAddress, g.wrap(message(ackMsg, ack{SeqNo: n.relays[s.Relay]})))
		case "stream":
			s.Answer, crash = n.stream(s.Bytes, s.Cut)
			if s.Cut {
				s.Answer = nil // Nobody is there to read it.
			}
		case "drain":
			crash = n.drain(g.wrap)
		}
		answer := s.Answer
		s.outcome = n.take(crash)
		s.Answer = answer
		put(s)
		if crash != "" || s.Damaged {
			return
		}
	}
}

func main() {
	seed := flag.Int64("seed", 1, "number of the first episode")
	episodes := flag.Int64("episodes", 20, "how many")
	steps := flag.Int("steps", 40, "packets and streams of each")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := json.NewEncoder(out)
	for number := *seed; number < *seed+*episodes; number++ {
		episode(number, *steps, func(line interface{}) { check(lines.Encode(line)) })
	}
}
