// What wire_bench.cc, node_bench.cc and cluster_bench.cc do, done by Debian's memberlist with its
// own functions: bench/run.py lays this file over the package, whose own tests it leaves out.
package memberlist

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

var benchPing = ping{4242, "backend-1.example.com", []byte{10, 0, 0, 1}, 9999,
	"balancer-1.example.com"}

func aliveOf(i int) alive {
	return alive{Incarnation: 300, Node: fmt.Sprintf("backend-%d.example.com", i),
		Addr: []byte{10, 0, byte(i >> 8), byte(i)}, Port: 9999,
		Meta: bytes.Repeat([]byte{0x5a}, 100), Vsn: []uint8{1, 5, 2, 0, 0, 0}}
}

func suspectOf(i int) suspect {
	return suspect{300, fmt.Sprintf("backend-%d.example.com", i), "balancer-1.example.com"}
}

func encoded(kind messageType, in interface{}) []byte {
	buf, err := encode(kind, in)
	if err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func sevenAlives() [][]byte {
	var parts [][]byte
	for i := 0; i < 7; i++ {
		parts = append(parts, encoded(aliveMsg, aliveOf(i)))
	}
	return parts
}

// repeat does the work as often as the benchmark wants and reports the processor's time, that of the
// garbage collector included: a busy machine does not change it much.
func repeat(b *testing.B, work func(i int)) {
	b.ResetTimer()
	before := processorTime()
	for i := 0; i < b.N; i++ {
		work(i)
	}
	b.ReportMetric(float64((processorTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func benchDecode(b *testing.B, kind messageType, in interface{}, out func() interface{}) {
	buf := encoded(kind, in)
	repeat(b, func(i int) {
		if decode(buf[1:], out()) != nil {
			b.Fatal("not understood")
		}
	})
}

func Benchmark_decode_ping(b *testing.B) {
	benchDecode(b, pingMsg, benchPing, func() interface{} { return &ping{} })
}

func Benchmark_decode_ack(b *testing.B) {
	benchDecode(b, ackRespMsg, ackResp{4242, nil}, func() interface{} { return &ackResp{} })
}

func Benchmark_decode_suspect(b *testing.B) {
	benchDecode(b, suspectMsg, suspectOf(1), func() interface{} { return &suspect{} })
}

func Benchmark_decode_alive(b *testing.B) {
	benchDecode(b, aliveMsg, aliveOf(1), func() interface{} { return &alive{} })
}

func Benchmark_encode_ping(b *testing.B) {
	repeat(b, func(i int) {
		encode(pingMsg, &benchPing)
	})
}

func Benchmark_encode_ack(b *testing.B) {
	repeat(b, func(i int) {
		encode(ackRespMsg, &ackResp{4242, nil})
	})
}

func Benchmark_encode_suspect(b *testing.B) {
	message := suspectOf(1)
	repeat(b, func(i int) {
		encode(suspectMsg, &message)
	})
}

func Benchmark_encode_alive(b *testing.B) {
	message := aliveOf(1)
	repeat(b, func(i int) {
		encode(aliveMsg, &message)
	})
}

func Benchmark_decode_compound_of_seven(b *testing.B) {
	packet := makeCompoundMessage(sevenAlives()).Bytes()
	repeat(b, func(i int) {
		_, parts, err := decodeCompoundMessage(packet[1:])
		if err != nil {
			b.Fatal(err)
		}
		for _, part := range parts {
			var out alive
			if decode(part[1:], &out) != nil {
				b.Fatal("not understood")
			}
		}
	})
}

func Benchmark_encode_compound_of_seven(b *testing.B) {
	var messages []alive
	for i := 0; i < 7; i++ {
		messages = append(messages, aliveOf(i))
	}
	repeat(b, func(i int) {
		parts := make([][]byte, len(messages))
		for at := range messages {
			parts[at] = encoded(aliveMsg, &messages[at])
		}
		makeCompoundMessage(parts)
	})
}

func Benchmark_compress_compound(b *testing.B) {
	packet := makeCompoundMessage(sevenAlives()).Bytes()
	repeat(b, func(i int) {
		compressPayload(packet)
	})
}

func Benchmark_decompress_compound(b *testing.B) {
	packed, _ := compressPayload(makeCompoundMessage(sevenAlives()).Bytes())
	repeat(b, func(i int) {
		if _, err := decompressPayload(packed.Bytes()[1:]); err != nil {
			b.Fatal(err)
		}
	})
}

var benchKey = bytes.Repeat([]byte{1}, 16)

func Benchmark_seal_compound(b *testing.B) {
	packet := makeCompoundMessage(sevenAlives()).Bytes()
	repeat(b, func(i int) {
		var out bytes.Buffer
		encryptPayload(1, benchKey, packet, nil, &out)
	})
}

func Benchmark_open_compound(b *testing.B) {
	var sealed bytes.Buffer
	encryptPayload(1, benchKey, makeCompoundMessage(sevenAlives()).Bytes(), nil, &sealed)
	repeat(b, func(i int) {
		// It opens in place.
		copied := append([]byte(nil), sealed.Bytes()...)
		if _, err := decryptPayload([][]byte{benchKey}, copied, nil); err != nil {
			b.Fatal(err)
		}
	})
}

// deaf is a transport that sends nowhere and hears nothing.
type deaf struct{}

func (deaf) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return net.IPv4(10, 0, 255, 1), 9999, nil
}
func (deaf) WriteTo([]byte, string) (time.Time, error) { return time.Now(), nil }
func (deaf) PacketCh() <-chan *Packet                  { return nil }
func (deaf) StreamCh() <-chan net.Conn                 { return nil }
func (deaf) Shutdown() error                           { return nil }
func (deaf) DialTimeout(string, time.Duration) (net.Conn, error) {
	return nil, io.ErrClosedPipe
}

// nodeOf knows `members` members and does nothing by itself.
func nodeOf(b *testing.B, members int) *Memberlist {
	config := DefaultLANConfig()
	config.Name = "balancer-1.example.com"
	config.Transport = deaf{}
	config.ProbeInterval, config.GossipInterval, config.PushPullInterval = 0, 0, 0
	config.LogOutput = io.Discard
	list, err := Create(config)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < members; i++ {
		list.handleAlive(encoded(aliveMsg, aliveOf(i))[1:], nil)
	}
	return list
}

// numbered is a message whose incarnation is written anew for every use.
type numbered struct {
	bytes []byte
	at    int
}

const firstIncarnation = 1 << 24

// pingsTillQuiet: as many acks carry away the news of a thousand members.
const pingsTillQuiet = 5000

func numberedOf(kind messageType, in interface{}) numbered {
	buf := encoded(kind, in)
	key := []byte("Incarnation\xce")
	return numbered{buf, bytes.Index(buf, key) + len(key)}
}

func (n numbered) with(incarnation uint32) []byte {
	binary.BigEndian.PutUint32(n.bytes[n.at:], incarnation)
	return n.bytes[1:]
}

func numberedAlives(members int) []numbered {
	var all []numbered
	for i := 0; i < members; i++ {
		message := aliveOf(i)
		message.Incarnation = firstIncarnation
		all = append(all, numberedOf(aliveMsg, message))
	}
	return all
}

func eachSize(b *testing.B, run func(b *testing.B, members int)) {
	for _, members := range []int{10, 100, 1000} {
		members := members
		b.Run(fmt.Sprint(members), func(b *testing.B) { run(b, members) })
	}
}

func Benchmark_node_ping(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		list := nodeOf(b, members)
		defer list.Shutdown()
		asked := benchPing
		asked.Node = list.config.Name
		buf := encoded(pingMsg, asked)
		from := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9999}
		for i := 0; i < pingsTillQuiet; i++ {
			list.ingestPacket(buf, from, time.Time{})
		}
		repeat(b, func(i int) {
			list.ingestPacket(buf, from, time.Time{})
		})
	})
}

func Benchmark_node_alive_known(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		list := nodeOf(b, members)
		defer list.Shutdown()
		alives := sevenAlives()
		repeat(b, func(i int) {
			list.handleAlive(alives[i%7][1:], nil)
		})
	})
}

func Benchmark_node_alive_new(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		list := nodeOf(b, members)
		defer list.Shutdown()
		alives := numberedAlives(members)
		repeat(b, func(i int) {
			list.handleAlive(alives[i%members].with(uint32(firstIncarnation+i)), nil)
		})
	})
}

func Benchmark_node_suspect_and_refuted(b *testing.B) {
	eachSize(b, func(b *testing.B, members int) {
		list := nodeOf(b, members)
		defer list.Shutdown()
		alives := numberedAlives(members)
		var suspects []numbered
		for i := 0; i < members; i++ {
			message := suspectOf(i)
			message.Incarnation = firstIncarnation
			suspects = append(suspects, numberedOf(suspectMsg, message))
		}
		repeat(b, func(i int) {
			incarnation := uint32(firstIncarnation + i)
			list.handleSuspect(suspects[i%members].with(incarnation), nil)
			list.handleAlive(alives[i%members].with(incarnation+1), nil)
		})
	})
}

// clusterSeconds is how long a cluster is watched: in real time, for it knows no other.
const clusterSeconds = 10

func memoryInUse() float64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return float64(memory.HeapInuse + memory.StackInuse)
}

// Test_cluster prints what a node costs in clusters that live in this process, over a network in
// memory, as JSON.
func Test_cluster(t *testing.T) {
	found := map[string]map[string]float64{}
	for _, members := range []int{10, 100} {
		memory := memoryInUse()
		network := &MockNetwork{}
		var transports []*MockTransport
		for i := 0; i < members; i++ {
			transports = append(transports, network.NewTransport(fmt.Sprintf("node-%d", i)))
		}
		var lists []*Memberlist
		for i, transport := range transports {
			config := DefaultLANConfig()
			config.Name = fmt.Sprintf("node-%d", i)
			config.Transport = transport
			config.LogOutput = io.Discard
			list, err := Create(config)
			if err != nil {
				t.Fatal(err)
			}
			lists = append(lists, list)
			if i > 0 {
				if _, err := list.Join([]string{"node-0/" + transports[0].addr.String()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(3 * time.Second)
		before := processorTime()
		time.Sleep(clusterSeconds * time.Second)
		spent := processorTime() - before
		found[fmt.Sprint(members)] = map[string]float64{
			"microseconds": float64(spent.Microseconds()) / clusterSeconds / float64(members),
			"kilobytes":    (memoryInUse() - memory) / 1024 / float64(members),
		}
		for _, list := range lists {
			list.Shutdown()
		}
	}
	json.NewEncoder(os.Stdout).Encode(found)
}
