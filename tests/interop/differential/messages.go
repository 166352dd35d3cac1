package main

import (
	"bytes"

	"github.com/hashicorp/go-msgpack/codec"
)

// The messages of net.go under their names there, so that its codec writes them as it writes its
// own.
const (
	pingMsg uint8 = iota
	indirectPingMsg
	ackMsg
	suspectMsg
	aliveMsg
	deadMsg
	pushPullMsg
	compoundMsg
	userMsg
	compressMsg
	encryptMsg
	nackMsg
	hasCrcMsg
	errMsg
)

type ping struct {
	SeqNo      uint32
	Node       string
	SourceAddr []byte `codec:",omitempty"`
	SourcePort uint16 `codec:",omitempty"`
	SourceNode string `codec:",omitempty"`
}

type indirectPing struct {
	SeqNo      uint32
	Target     []byte
	Port       uint16
	Node       string
	Nack       bool
	SourceAddr []byte `codec:",omitempty"`
	SourcePort uint16 `codec:",omitempty"`
	SourceNode string `codec:",omitempty"`
}

type ack struct {
	SeqNo   uint32
	Payload []byte
}

type nack struct{ SeqNo uint32 }

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

type dead struct {
	Incarnation uint32
	Node        string
	From        string
}

type pushPullHeader struct {
	Nodes        int
	UserStateLen int
	Join         bool
}

type userMsgHeader struct{ UserMsgLen int }

type nodeState struct {
	Name        string
	Addr        []byte
	Port        uint16
	Meta        []byte
	Incarnation uint32
	State       int
	Vsn         []uint8
}

// message is type byte and body.
func message(kind uint8, body interface{}) []byte {
	buf, err := encode(kind, body)
	check(err)
	return buf.Bytes()
}

// pushPull is a whole push/pull, plain.
func pushPull(join bool, nodes []nodeState, userState []byte) []byte {
	out := message(pushPullMsg, pushPullHeader{len(nodes), len(userState), join})
	for _, node := range nodes {
		out = append(out, message(0, node)[1:]...)
	}
	return append(out, userState...)
}

// readState takes a plain push/pull apart.
func readState(b []byte) []nodeState {
	handle := codec.MsgpackHandle{}
	decoder := codec.NewDecoder(bytes.NewReader(b[1:]), &handle)
	var header pushPullHeader
	check(decoder.Decode(&header))
	nodes := make([]nodeState, header.Nodes)
	for i := range nodes {
		check(decoder.Decode(&nodes[i]))
	}
	return nodes
}
