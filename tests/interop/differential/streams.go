package main

import (
	"encoding/binary"
	"fmt"
)

// wrapStream puts a stream's message into the envelopes that the node expects.
func (g *generator) wrapStream(b []byte) []byte {
	if len(g.settings.Keys) == 0 || (!g.settings.Incoming && g.random.Intn(2) == 0) {
		return b
	}
	key := g.settings.Keys[g.random.Intn(len(g.settings.Keys))]
	vsn := uint8(g.random.Intn(4)/3 ^ 1)
	head := make([]byte, 5)
	head[0] = encryptMsg
	binary.BigEndian.PutUint32(head[1:], uint32(len(sealed(vsn, key, b, nil))))
	return append(head, sealed(vsn, key, b, head)...)
}

func (g *generator) stream(b []byte, what string) step {
	if g.random.Intn(2) == 0 {
		b, what = compressed(b), "compressed "+what
	}
	return step{Do: "stream", What: what, Bytes: g.wrapStream(b)}
}

func (g *generator) everybody(count int) []byte {
	var nodes []nodeState
	for i := 0; i < count; i++ {
		nodes = append(nodes, nodeState{nameOf(i), homeOf(i), 7946, []byte("meta"), 1, 0,
			versions[i%len(versions)]})
	}
	return pushPull(true, nodes, nil)
}

// view is what a peer might believe of some members: states of any kind, incarnations about ours.
func (g *generator) view() []byte {
	known := g.known()
	var nodes []nodeState
	for _, i := range g.random.Perm(namesCount)[:1+g.random.Intn(6)] {
		name := nameOf(i)
		each := nodeState{name, homeOf(i), 7946, []byte("by push/pull"), g.incarnation(known, name),
			g.random.Intn(4), versions[i%len(versions)]}
		if now, ok := known[name]; ok {
			each.Addr, each.Port = now.Addr, now.Port
			if now.State == 1 && (each.State == 1 || each.State == 2) {
				continue // Hearsay confirms a suspicion in Go, and not in ours.
			}
		}
		nodes = append(nodes, each)
	}
	if g.random.Intn(3) == 0 {
		nodes = append(nodes, nodeState{selfName, known[selfName].Addr, selfPort, []byte("self"),
			g.incarnation(known, selfName), g.random.Intn(4), versions[0]})
	}
	if g.random.Intn(6) == 0 {
		// One member of the future: nobody is merged.
		nodes = append(nodes, nodeState{"misfit", homeOf(200), 7946, nil, 1, 0,
			[]uint8{3, 7, 6, 0, 0, 0}})
	}
	var userState []byte
	if g.random.Intn(4) == 0 {
		userState = randomBytes(g.random, g.random.Intn(100))
	}
	return pushPull(g.random.Intn(2) == 0, nodes, userState)
}

func (g *generator) randomStream() step {
	switch g.random.Intn(6) {
	case 0, 1, 2:
		return g.stream(g.view(), "push/pull")
	case 3:
		to := []string{"", selfName, "somebody else"}[g.random.Intn(3)]
		return g.stream(message(pingMsg, ping{SeqNo: uint32(g.random.Intn(1000)), Node: to}),
			fmt.Sprintf("ping of '%s'", to))
	case 4:
		text := randomBytes(g.random, g.random.Intn(3000))
		return g.stream(append(message(userMsg, userMsgHeader{len(text)}), text...), "user message")
	}
	s := g.stream(g.view(), "push/pull")
	s.Bytes, s.Cut = s.Bytes[:1+g.random.Intn(len(s.Bytes)-1)], true
	s.What = "cut off " + s.What
	return s
}

// malformed is what no honest node sends.
func (g *generator) malformed() step {
	b, what := g.content()
	s := step{Do: "packet", From: g.from()}
	switch g.random.Intn(10) {
	case 0:
		b = withCrc(b)
		b[1+g.random.Intn(4)] ^= 1 << g.random.Intn(8)
		s.What = "wrong checksum on " + what
	case 1:
		b = withCrc(b)
		b[5+g.random.Intn(len(b)-5)] ^= 1 << g.random.Intn(8)
		s.What = "damaged under a checksum: " + what
	case 2:
		if what == "about itself" {
			break
		}
		b = makeCompoundMessage([][]byte{b, message(pingMsg, ping{SeqNo: 7})}).Bytes()
		b = b[:len(b)-1-g.random.Intn(6)]
		s.What = "compound cut off behind " + what
	case 3:
		b = append([]byte{[]byte{6, 10, 13, 14, 99, 200, 255}[g.random.Intn(7)]}, b...)
		s.What = "of no packet's type"
	case 4:
		b = compressed(b)
		b = b[:len(b)-1-g.random.Intn(len(b)/2)]
		s.What = "compressed and cut off: " + what
	case 5:
		b = append(b, randomBytes(g.random, 1+g.random.Intn(9))...)
		s.What = "with a tail: " + what
	case 6:
		if len(g.settings.Keys) == 0 || !g.settings.Incoming {
			break // What cannot be opened is plaintext then, whatever its random bytes say.
		}
		b = sealed(1, g.settings.Keys[0], b, nil)
		b[g.random.Intn(len(b))] ^= 1 << g.random.Intn(8)
		s.What, s.Bytes = "damaged under a seal: "+what, b
		return s
	case 7:
		if len(g.settings.Keys) == 0 || !g.settings.Incoming {
			break
		}
		s.What, s.Bytes = "sealed with another key: "+what, sealed(1, randomBytes(g.random, 16), b, nil)
		return s
	case 8:
		b = b[:1+g.random.Intn(len(b))]
		s.What = "cut off: " + what
	case 9:
		b[g.random.Intn(len(b))] ^= 1 << g.random.Intn(8)
		s.What, s.Damaged = "damaged: "+what, true
	}
	if s.What == "" {
		s.What = what
	}
	s.Bytes = g.wrap(b)
	return s
}
