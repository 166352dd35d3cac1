package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand"
	"net"
)

const (
	namesCount      = 14
	strangerAddress = "10.0.99.99:7946"
	// drainSeqNo is in no other question.
	drainSeqNo = 4_000_000_000
)

// generator draws steps. It looks at the node's state, so that news are neither all old nor all new.
type generator struct {
	random   *rand.Rand
	node     *node
	settings settings
}

func randomSettings(r *rand.Rand) settings {
	s := settings{Incoming: true, Outgoing: true, Compression: r.Intn(2) == 0, Keys: []octets{}}
	if r.Intn(2) == 0 {
		return s
	}
	for i := 0; i <= r.Intn(3); i++ {
		s.Keys = append(s.Keys, randomBytes(r, 16+8*r.Intn(3)))
	}
	// The two settings with which encryption comes to a running cluster.
	s.Incoming = r.Intn(4) != 0
	s.Outgoing = s.Incoming || r.Intn(2) == 0
	return s
}

func randomBytes(r *rand.Rand, size int) []byte {
	b := make([]byte, size)
	r.Read(b)
	return b
}

func nameOf(i int) string { return fmt.Sprintf("n%d", i) }

// homeOf is where a name lives as long as nobody takes it over.
func homeOf(i int) []byte { return []byte{10, 0, 0, byte(i + 1)} }

func (g *generator) known() map[string]nodeState {
	known := map[string]nodeState{}
	for _, each := range readState(g.node.plainState()) {
		known[each.Name] = each
	}
	return known
}

// incarnation is about what is known: old, the same, new; never 0 for a stranger.
func (g *generator) incarnation(known map[string]nodeState, name string) uint32 {
	inc := int64(known[name].Incarnation) + int64(g.random.Intn(5)) - 2
	if g.random.Intn(20) == 0 {
		inc += int64(g.random.Intn(100_000))
	}
	if inc < 1 {
		return 1
	}
	return uint32(inc)
}

var versions = [][]uint8{{1, 5, 2, 0, 0, 0}, {1, 5, 2, 0, 0, 0}, {1, 5, 2, 0, 0, 0}, {1, 4, 2, 0, 0, 0},
	{1, 2, 2, 0, 0, 0}, {2, 5, 2, 0, 0, 0}}

func (g *generator) alive(known map[string]nodeState, i int) []byte {
	name := nameOf(i)
	a := alive{Incarnation: g.incarnation(known, name), Node: name, Addr: homeOf(i), Port: 7946,
		Meta: []byte(fmt.Sprint("meta ", g.random.Intn(3))), Vsn: versions[i%len(versions)]}
	if now, ok := known[name]; ok {
		a.Addr, a.Port = now.Addr, now.Port
		if now.State >= 2 && g.random.Intn(4) == 0 {
			a.Addr, a.Port = []byte{10, 0, 1, byte(i + 1)}, 7947
		}
	}
	if g.random.Intn(8) == 0 {
		a.Meta = nil
	}
	return message(aliveMsg, a)
}

func (g *generator) aboutSelf(known map[string]nodeState) []byte {
	inc := g.incarnation(known, selfName)
	switch g.random.Intn(4) {
	case 0:
		return message(suspectMsg, suspect{inc, selfName, nameOf(g.random.Intn(namesCount))})
	case 1:
		return message(deadMsg, dead{inc, selfName, nameOf(g.random.Intn(namesCount))})
	case 2:
		return message(deadMsg, dead{inc, selfName, selfName})
	}
	a := alive{Incarnation: inc, Node: selfName, Addr: net.ParseIP(selfIP).To4(), Port: selfPort,
		Meta: []byte("self"), Vsn: versions[0]}
	if g.random.Intn(3) == 0 {
		a.Meta = []byte("an earlier life")
	}
	return message(aliveMsg, a)
}

func (g *generator) source() ([]byte, uint16, string) {
	if g.random.Intn(2) == 0 {
		return nil, 0, ""
	}
	return []byte{10, 0, 2, byte(g.random.Intn(9) + 1)}, 7946, "asker"
}

// news is a message about the membership, of `i` or of the node itself.
func (g *generator) news(known map[string]nodeState, i int) ([]byte, string) {
	name := nameOf(i)
	from := nameOf(g.random.Intn(namesCount))
	switch g.random.Intn(10) {
	case 0, 1, 2, 3:
		return g.alive(known, i), "alive"
	case 4, 5, 6:
		return message(suspectMsg, suspect{g.incarnation(known, name), name, from}), "suspect"
	case 7:
		return message(deadMsg, dead{g.incarnation(known, name), name, from}), "dead"
	case 8:
		return message(deadMsg, dead{g.incarnation(known, name), name, name}), "left"
	}
	return g.aboutSelf(known), "about itself"
}

func (g *generator) speech() ([]byte, string) {
	addr, port, asker := g.source()
	seqNo := uint32(g.random.Intn(1000))
	switch g.random.Intn(6) {
	case 0, 1:
		to := []string{"", selfName, selfName, "somebody else"}[g.random.Intn(4)]
		return message(pingMsg, ping{seqNo, to, addr, port, asker}), "ping"
	case 2:
		i := g.random.Intn(namesCount)
		return message(indirectPingMsg, indirectPing{seqNo, homeOf(i), 7946, nameOf(i),
			g.random.Intn(2) == 0, addr, port, asker}), "indirect ping"
	case 3:
		return message(ackMsg, ack{1_000_000 + seqNo, nil}), "ack nobody waits for"
	case 4:
		return message(nackMsg, nack{1_000_000 + seqNo}), "nack nobody waits for"
	}
	return append([]byte{userMsg}, randomBytes(g.random, g.random.Intn(200))...), "user"
}

func (g *generator) single(known map[string]nodeState, i int) ([]byte, string) {
	if g.random.Intn(3) == 0 {
		return g.speech()
	}
	return g.news(known, i)
}

// content is one message or several; those of one packet are about different members, since
// memberlist handles them in another order than they came in.
func (g *generator) content() ([]byte, string) {
	known := g.known()
	order := g.random.Perm(namesCount)
	if g.random.Intn(2) == 0 {
		return g.single(known, order[0])
	}
	var parts [][]byte
	what := "compound of"
	for _, i := range order[:3+g.random.Intn(4)] {
		part, kind := g.single(known, i)
		if kind == "about itself" {
			continue // Ours refutes once more if it is asked in the same packet; Go does not.
		}
		parts = append(parts, part)
		what += " " + kind + ","
	}
	if len(parts) == 0 {
		return g.speech()
	}
	return makeCompoundMessage(parts).Bytes(), what
}

func compressed(b []byte) []byte {
	out, err := compressPayload(b)
	check(err)
	return out.Bytes()
}

func withCrc(b []byte) []byte {
	head := make([]byte, 5)
	head[0] = hasCrcMsg
	binary.BigEndian.PutUint32(head[1:], crc32.ChecksumIEEE(b))
	return append(head, b...)
}

func sealed(vsn uint8, key, b, data []byte) []byte {
	var out bytes.Buffer
	check(encryptPayload(vsn, key, b, data, &out))
	return out.Bytes()
}

// wrap puts a message into the envelopes that the node expects.
func (g *generator) wrap(b []byte) []byte {
	if len(g.settings.Keys) == 0 || (!g.settings.Incoming && g.random.Intn(2) == 0) {
		return b
	}
	key := g.settings.Keys[g.random.Intn(len(g.settings.Keys))]
	return sealed(uint8(g.random.Intn(4)/3^1), key, b, nil)
}

func (g *generator) from() string {
	return fmt.Sprintf("10.0.0.%d:7946", 1+g.random.Intn(namesCount))
}

func (g *generator) packet() step {
	b, what := g.content()
	if what != "about itself" && g.random.Intn(8) == 0 {
		last, kind := g.speech()
		b = makeCompoundMessage([][]byte{b, last}).Bytes()
		what = "compound of " + kind + " and " + what
	}
	if g.random.Intn(4) == 0 {
		b, what = compressed(b), "compressed "+what
	}
	if g.random.Intn(3) == 0 {
		b, what = withCrc(b), "checked "+what
	}
	return step{Do: "packet", What: what, From: g.from(), Bytes: g.wrap(b)}
}

func (g *generator) next(number int) step {
	if number == 0 {
		// With ten members and more, whatever comes, news are told eight times.
		return g.stream(g.everybody(10), "push/pull of ten")
	}
	switch draw := g.random.Intn(20); {
	case draw < 11:
		return g.packet()
	case draw < 13:
		return g.malformed()
	case draw < 14 && len(g.node.relays) > 0:
		return step{Do: "ack", What: "ack of a relayed ping", Relay: g.random.Intn(len(g.node.relays))}
	case draw < 17:
		return step{Do: "drain", What: "drain"}
	}
	return g.randomStream()
}
