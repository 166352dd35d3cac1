// Prints the golden vectors of the wire protocol, made by the packaged Go library itself: memberlist
// 0.2.2 as Debian ships it (golang-github-hashicorp-memberlist-dev) under /usr/share/gocode.
//
//	cd tests/golden/generate
//	GO111MODULE=off GOPATH=/usr/share/gocode go run . > ../vectors.txt
//
// The library exports none of its codec, so its functions are linked by name; the message structs
// are declared again below, with the names and types of net.go. That these are right is confirmed
// by tests/golden/captures, which hold traffic of whole nodes.
package main

import (
	"bytes"
	"compress/lzw"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	_ "unsafe"

	_ "github.com/hashicorp/memberlist"
)

//go:linkname encode github.com/hashicorp/memberlist.encode
func encode(msgType uint8, in interface{}) (*bytes.Buffer, error)

//go:linkname decode github.com/hashicorp/memberlist.decode
func decode(buf []byte, out interface{}) error

//go:linkname makeCompoundMessage github.com/hashicorp/memberlist.makeCompoundMessage
func makeCompoundMessage(msgs [][]byte) *bytes.Buffer

//go:linkname compressPayload github.com/hashicorp/memberlist.compressPayload
func compressPayload(inp []byte) (*bytes.Buffer, error)

//go:linkname encryptPayload github.com/hashicorp/memberlist.encryptPayload
func encryptPayload(vsn uint8, key []byte, msg []byte, data []byte, dst *bytes.Buffer) error

type ping struct {
	SeqNo      uint32
	Node       string
	SourceAddr []byte `codec:",omitempty"`
	SourcePort uint16 `codec:",omitempty"`
	SourceNode string `codec:",omitempty"`
}

type indirectPingReq struct {
	SeqNo      uint32
	Target     []byte
	Port       uint16
	Node       string
	Nack       bool
	SourceAddr []byte `codec:",omitempty"`
	SourcePort uint16 `codec:",omitempty"`
	SourceNode string `codec:",omitempty"`
}

type ackResp struct {
	SeqNo   uint32
	Payload []byte
}

type nackResp struct{ SeqNo uint32 }

type errResp struct{ Error string }

type suspect struct {
	Incarnation uint32
	Node        string
	From        string
}

type alive struct {
	Incarnation uint32
	Node        string
	Addr        []byte
	Port        uint16
	Meta        []byte
	Vsn         []uint8
}

type pushPullHeader struct {
	Nodes        int
	UserStateLen int
	Join         bool
}

type userMsgHeader struct{ UserMsgLen int }

type pushNodeState struct {
	Name        string
	Addr        []byte
	Port        uint16
	Meta        []byte
	Incarnation uint32
	State       int
	Vsn         []uint8
}

type compress struct {
	Algo uint8
	Buf  []byte
}

var (
	addr = []byte{10, 0, 0, 1}
	vsn  = []uint8{1, 5, 2, 0, 0, 0}
)

// enc is the message as it stands on the wire; a type of 255 leaves the type byte off.
func enc(msgType uint8, in interface{}) []byte {
	buf, err := encode(msgType, in)
	if err != nil {
		panic(err)
	}
	if msgType == 255 {
		return buf.Bytes()[1:]
	}
	return buf.Bytes()
}

func line(fields ...interface{}) {
	words := make([]string, len(fields))
	for i, field := range fields {
		if b, ok := field.([]byte); ok {
			words[i] = hex.EncodeToString(b)
			if len(b) == 0 {
				words[i] = "-"
			}
		} else {
			words[i] = fmt.Sprint(field)
		}
	}
	fmt.Println(strings.Join(words, " "))
}

func messages() (ack, nack []byte) {
	ack = enc(2, &ackResp{SeqNo: 42})
	nack = enc(11, &nackResp{SeqNo: 42})
	meta40 := bytes.Repeat([]byte{0x1f}, 40)
	meta300 := bytes.Repeat([]byte{0x8b}, 300)
	full := ping{42, "n1", addr, 7946, "n0"}
	line("message", "ping", enc(0, &ping{SeqNo: 42, Node: "n1"}))
	line("message", "ping-from", enc(0, &full))
	line("message", "indirect", enc(1, &indirectPingReq{SeqNo: 42, Target: addr, Port: 7946, Node: "n1", Nack: true}))
	line("message", "indirect-from", enc(1, &indirectPingReq{70000, addr, 7946, "n1", false, addr, 7946, "n0"}))
	line("message", "ack", ack)
	line("message", "ack-payload", enc(2, &ackResp{1 << 31, []byte("hello")}))
	line("message", "nack", nack)
	line("message", "suspect", enc(3, &suspect{300, "n1", "n0"}))
	line("message", "dead", enc(5, &suspect{1, "n1", "n1"}))
	line("message", "alive", enc(4, &alive{1, "n1", addr, 7946, nil, vsn}))
	line("message", "alive-empty-meta", enc(4, &alive{1, "n1", addr, 7946, []byte{}, vsn}))
	line("message", "alive-meta40", enc(4, &alive{200, "n1", addr, 80, meta40, vsn}))
	line("message", "alive-meta300", enc(4, &alive{4294967295, strings.Repeat("n", 40), addr, 65535, meta300, vsn}))
	line("message", "user", append([]byte{8}, "hello"...))
	return ack, nack
}

func streams() {
	state := pushNodeState{"n1", addr, 7946, nil, 1, 0, vsn}
	left := pushNodeState{"n2", addr, 7946, []byte("m"), 65536, 3, nil}
	line("stream", "push-pull", bytes.Join([][]byte{
		enc(6, &pushPullHeader{1, 0, true}), enc(255, &state)}, nil))
	line("stream", "push-pull-state", bytes.Join([][]byte{
		enc(6, &pushPullHeader{2, 5, false}), enc(255, &state), enc(255, &left), []byte("hello")}, nil))
	line("stream", "user", append(enc(8, &userMsgHeader{5}), "hello"...))
	line("stream", "err", enc(13, &errResp{"no"}))
	line("stream", "ping", enc(0, &ping{SeqNo: 42, Node: "n1"}))
	line("stream", "ack", enc(2, &ackResp{SeqNo: 42}))
}

func envelopes(ack, nack []byte) {
	compound := makeCompoundMessage([][]byte{ack, nack}).Bytes()
	line("packet", "compound", compound)
	crc := make([]byte, 5)
	crc[0] = 12
	binary.BigEndian.PutUint32(crc[1:], crc32.ChecksumIEEE(compound))
	line("packet", "crc-compound", append(crc, compound...))
	suspicion := enc(3, &suspect{300, strings.Repeat("n", 60), strings.Repeat("n", 60)})
	compressed, err := compressPayload(suspicion)
	if err != nil {
		panic(err)
	}
	line("packet", "compressed-suspect", compressed.Bytes())
}

// next is a linear congruential generator that the C++ test repeats.
func next(state *uint32) uint32 {
	*state = *state*1664525 + 1013904223
	return *state >> 24
}

func lzwOf(plain []byte) []byte {
	var buf bytes.Buffer
	w := lzw.NewWriter(&buf, lzw.LSB, 8)
	w.Write(plain)
	w.Close()
	return buf.Bytes()
}

func compressions() {
	for _, text := range []string{"", "a", "aaaaaaaaaa", "TOBEORNOTTOBEORTOBEORNOT"} {
		line("lzw", []byte(text), lzwOf([]byte(text)))
	}
	// Long ones by length, checksum and first bytes: code widths 9 to 12, clears, a full table.
	for _, alphabet := range []uint32{1, 2, 5, 26, 256} {
		for _, size := range []int{255, 256, 257, 1000, 3836, 3837, 3838, 3839, 3840, 5000, 20000, 100000} {
			state := alphabet + uint32(size)
			plain := make([]byte, size)
			for i := range plain {
				plain[i] = byte(next(&state) % alphabet)
			}
			out := lzwOf(plain)
			line("lzw-sum", alphabet, size, len(out), crc32.ChecksumIEEE(out))
		}
	}
}

type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.n
		c.n++
	}
	return len(p), nil
}

func seals(ack []byte) {
	rand.Reader = &counter{}
	for _, size := range []int{16, 24, 32} {
		key := make([]byte, size)
		(&counter{}).Read(key)
		for vsn := uint8(0); vsn <= 1; vsn++ {
			for _, data := range []string{"", "prod"} {
				for _, plain := range [][]byte{ack, ack[:16]} {
					var buf bytes.Buffer
					if err := encryptPayload(vsn, key, plain, []byte(data), &buf); err != nil {
						panic(err)
					}
					line("seal", vsn, key, []byte(data), plain, buf.Bytes())
				}
			}
		}
	}
}

// tolerances says what the library's decoder makes of bodies that its encoder never writes.
func tolerances() {
	try := func(name, body string, out interface{}) {
		raw, err := hex.DecodeString(body)
		if err != nil {
			panic(err)
		}
		verdict := "accepts"
		if err := decode(raw, out); err != nil {
			verdict = "refuses"
		}
		line(verdict, name, raw)
	}
	seqNo := "a55365714e6f"
	node := "a44e6f6465"
	try("ping-keys-in-any-order", "82"+seqNo+"2a"+node+"a26e31", &ping{})
	try("ping-unknown-key", "83"+seqNo+"2aa5"+"4f74686572"+"92c081a161a162"+node+"a26e31", &ping{})
	try("ping-missing-key", "81"+node+"a26e31", &ping{})
	try("ping-bytes-after", "82"+seqNo+"2a"+node+"a26e31ffff", &ping{})
	try("ping-node-str8", "82"+node+"d9026e31"+seqNo+"2a", &ping{})
	try("ping-node-bin8", "82"+node+"c4026e31"+seqNo+"2a", &ping{})
	try("ping-node-bin16", "82"+node+"c500026e31"+seqNo+"2a", &ping{})
	try("ping-node-raw16", "82"+node+"da00026e31"+seqNo+"2a", &ping{})
	try("ping-node-raw32", "82"+node+"db000000026e31"+seqNo+"2a", &ping{})
	try("ping-node-nil", "82"+node+"c0"+seqNo+"2a", &ping{})
	try("ping-seqno-nil", "82"+node+"a26e31"+seqNo+"c0", &ping{})
	try("ping-seqno-int16", "82"+node+"a26e31"+seqNo+"d1012c", &ping{})
	try("ping-seqno-u64", "82"+node+"a26e31"+seqNo+"cf000000000000012c", &ping{})
	try("ping-seqno-negative", "82"+node+"a26e31"+seqNo+"ff", &ping{})
	try("ping-seqno-too-large", "82"+node+"a26e31"+seqNo+"cf0000000100000000", &ping{})
	try("ping-seqno-float", "82"+node+"a26e31"+seqNo+"cb4045000000000000", &ping{})
	try("ping-seqno-text", "82"+node+"a26e31"+seqNo+"a13f", &ping{})
	try("ping-key-str8", "82d9044e6f6465a26e31"+seqNo+"2a", &ping{})
	try("ping-key-number", "8301a26e31"+node+"a26e31"+seqNo+"2a", &ping{})
	try("ping-repeated-key", "83"+node+"a26e30"+node+"a26e31"+seqNo+"2a", &ping{})
	try("ping-map16", "de0002"+node+"a26e31"+seqNo+"2a", &ping{})
	try("ping-map32", "df00000002"+node+"a26e31"+seqNo+"2a", &ping{})
	try("ping-as-array", "922aa26e31", &ping{})
	try("ping-nil", "c0", &ping{})
	try("ping-cut-off", "82"+node+"a26e31"+seqNo, &ping{})
	try("alive-vsn-array", "81a356736e96010502000000", &alive{})
	try("alive-vsn-bin", "81a356736ec406010502000000", &alive{})
	try("alive-vsn-array-of-large", "81a356736e91cd0100", &alive{})
	try("header-join-one", "81a44a6f696e01", &pushPullHeader{})
	try("header-join-text", "81a44a6f696ea13f", &pushPullHeader{})
	try("header-nodes-negative", "81a54e6f646573ff", &pushPullHeader{})
	try("header-nodes-int32", "81a54e6f646573d200010000", &pushPullHeader{})
	try("compress-algo-unknown", "82a4416c676f01a3427566a400010203", &compress{})
}

func main() {
	fmt.Println("# Made by tests/golden/generate from the packaged Go memberlist; its head says how.")
	fmt.Println("# KIND NAME-OR-PARAMETERS HEX...; '-' stands for no bytes.")
	ack, nack := messages()
	streams()
	envelopes(ack, nack)
	compressions()
	seals(ack)
	tolerances()
}
