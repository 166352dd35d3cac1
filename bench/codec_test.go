// The codec of Debian's memberlist package on the payloads of wire_bench.cc: the same structures,
// the same msgpack handle (net.go, util.go), the same compressor. Run by bench/run.py.
package codec

import (
	"bytes"
	"compress/lzw"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/hashicorp/go-msgpack/codec"
)

type ping struct {
	SeqNo      uint32
	Node       string
	SourceAddr []byte `codec:",omitempty"`
	SourcePort uint16 `codec:",omitempty"`
	SourceNode string `codec:",omitempty"`
}

type alive struct {
	Incarnation uint32
	Node        string
	Addr        []byte
	Port        uint16
	Meta        []byte
	Vsn         []uint8
}

var aPing = ping{4242, "backend-1.example.com", []byte{10, 0, 0, 1}, 9999, "balancer-1.example.com"}

func aliveOf(i int) alive {
	return alive{300, fmt.Sprintf("backend-%d.example.com", i), []byte{10, 0, 0, 1}, 9999,
		bytes.Repeat([]byte{0x5a}, 100), []uint8{1, 5, 2, 0, 0, 0}}
}

func encode(kind byte, in interface{}) []byte {
	buf := bytes.NewBuffer(nil)
	buf.WriteByte(kind)
	handle := codec.MsgpackHandle{}
	if err := codec.NewEncoder(buf, &handle).Encode(in); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func decode(buf []byte, out interface{}) {
	handle := codec.MsgpackHandle{}
	if err := codec.NewDecoder(bytes.NewReader(buf), &handle).Decode(out); err != nil {
		panic(err)
	}
}

func compound() []byte {
	buf := bytes.NewBuffer([]byte{7, 7})
	var parts [][]byte
	for i := 0; i < 7; i++ {
		parts = append(parts, encode(4, aliveOf(i)))
		binary.Write(buf, binary.BigEndian, uint16(len(parts[i])))
	}
	for _, part := range parts {
		buf.Write(part)
	}
	return buf.Bytes()
}

func compress(in []byte) []byte {
	var out bytes.Buffer
	writer := lzw.NewWriter(&out, lzw.LSB, 8)
	writer.Write(in)
	writer.Close()
	return out.Bytes()
}

func Benchmark_decode_ping(b *testing.B) {
	buf := encode(0, aPing)
	for i := 0; i < b.N; i++ {
		var out ping
		decode(buf[1:], &out)
	}
}

func Benchmark_decode_alive(b *testing.B) {
	buf := encode(4, aliveOf(1))
	for i := 0; i < b.N; i++ {
		var out alive
		decode(buf[1:], &out)
	}
}

func Benchmark_encode_ping(b *testing.B) {
	for i := 0; i < b.N; i++ {
		encode(0, aPing)
	}
}

func Benchmark_encode_alive(b *testing.B) {
	message := aliveOf(1)
	for i := 0; i < b.N; i++ {
		encode(4, message)
	}
}

func Benchmark_decode_compound_of_seven(b *testing.B) {
	buf := compound()
	for i := 0; i < b.N; i++ {
		at := 2 + 2*int(buf[1])
		for part := 0; part < int(buf[1]); part++ {
			length := int(binary.BigEndian.Uint16(buf[2+2*part:]))
			var out alive
			decode(buf[at+1:at+length], &out)
			at += length
		}
	}
}

func Benchmark_compress_compound(b *testing.B) {
	buf := compound()
	for i := 0; i < b.N; i++ {
		compress(buf)
	}
}

func Benchmark_decompress_compound(b *testing.B) {
	packed := compress(compound())
	for i := 0; i < b.N; i++ {
		reader := lzw.NewReader(bytes.NewReader(packed), lzw.LSB, 8)
		io.Copy(io.Discard, reader)
		reader.Close()
	}
}

func Benchmark_seal_compound(b *testing.B) {
	buf := compound()
	for i := 0; i < b.N; i++ {
		block, _ := aes.NewCipher(bytes.Repeat([]byte{1}, 16))
		gcm, _ := cipher.NewGCM(block)
		gcm.Seal(nil, make([]byte, 12), buf, nil)
	}
}
