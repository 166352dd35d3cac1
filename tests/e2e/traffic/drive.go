package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type options struct {
	Certificates string   // A file with every certificate to trust.
	Hosts        []string // Asked in turn; WebSockets are the first one's.
	Address      string
	Port         int
	Rate         int // Short requests a second.
	Talks        int // WebSockets open at any time.
	Uploads      int // Slow ones under way at any time, about.
	Downloads    int
	SlowSeconds  int // How long each of them takes.
	First        int // Number of the first request; all have one of their own.
}

const (
	// Clients of each kind that keep their connections: with HTTP/2 one connection would carry all,
	// and a single worker of nginx would have the whole load.
	keptClients = 8

	requestPatience = 10 * time.Second

	// Requests under way at any time. More of them are a jam that only grows.
	underWayMax = 5000
)

// driver sends at the moments that the rate says, whether answers come or not (an open loop): who
// is late is not spared.
type driver struct {
	options  options
	roots    *x509.CertPool
	kept     map[string][]*http.Client
	report   *report
	number   int64
	busy     int64
	finish   chan struct{}
	underWay sync.WaitGroup
}

// drive prints "ready" after the first answer, follows lines "mark NAME" on its standard input, each
// the begin of a phase to be reported apart, and at its end finishes what is under way and prints
// the report.
func drive(options options) {
	d := &driver{options: options, roots: readRoots(options.Certificates), report: newReport(),
		number: int64(options.First), finish: make(chan struct{}),
		kept: map[string][]*http.Client{}}
	for i := 0; i < keptClients; i++ {
		for _, protocol := range []string{"h1", "h2"} {
			d.kept[protocol] = append(d.kept[protocol], &http.Client{Transport: d.transport(protocol)})
		}
	}
	if d.short(d.nextNumber(), time.Now()); len(d.report.Failed) > 0 {
		fatal(fmt.Errorf("the first request: %s", d.report.Failed[0].Reason))
	}
	fmt.Println("ready")
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			d.report.mark(strings.TrimPrefix(lines.Text(), "mark "))
		}
		close(d.finish)
	}()
	for i := 0; i < d.options.Talks; i++ {
		d.underWay.Add(1)
		go d.keepTalking()
	}
	d.underWay.Add(2)
	go d.keepSlow(d.options.Uploads, d.upload)
	go d.keepSlow(d.options.Downloads, d.download)
	d.keepRate()
	d.underWay.Wait()
	json.NewEncoder(os.Stdout).Encode(d.report.finished())
}

func readRoots(path string) *x509.CertPool {
	text, err := os.ReadFile(path)
	if err != nil {
		fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		fatal(fmt.Errorf("%s: no certificate in it", path))
	}
	return roots
}

func (d *driver) isOver() bool {
	select {
	case <-d.finish:
		return true
	default:
		return false
	}
}

func (d *driver) nextNumber() int {
	return int(atomic.AddInt64(&d.number, 1))
}

func (d *driver) keepRate() {
	start := time.Now()
	for sent := 0; !d.isOver(); sent++ {
		due := start.Add(time.Duration(sent) * time.Second / time.Duration(d.options.Rate))
		time.Sleep(time.Until(due))
		number := d.nextNumber()
		if atomic.LoadInt64(&d.busy) >= underWayMax {
			d.report.lose(failure{Number: number, Kind: "short", Began: due, Idempotent: true,
				Reason: fmt.Sprintf("not sent: %d are under way", underWayMax)})
			continue
		}
		d.underWay.Add(1)
		atomic.AddInt64(&d.busy, 1)
		go func() {
			d.short(number, due)
			atomic.AddInt64(&d.busy, -1)
			d.underWay.Done()
		}()
	}
}

// keepSlow starts slow requests so that about `count` are under way at any time.
func (d *driver) keepSlow(count int, one func(number int)) {
	defer d.underWay.Done()
	if count == 0 {
		return
	}
	beat := time.NewTicker(d.slowTime() / time.Duration(count))
	defer beat.Stop()
	for {
		select {
		case <-d.finish:
			return
		case <-beat.C:
			d.underWay.Add(1)
			go func() {
				one(d.nextNumber())
				d.underWay.Done()
			}()
		}
	}
}

func (d *driver) slowTime() time.Duration {
	return time.Duration(d.options.SlowSeconds) * time.Second
}

func (d *driver) place(scheme, path string, number int) string {
	host := d.options.Hosts[0]
	if scheme == "https" {
		// What kind a request is, its last two digits say (kindOf): each host gets every kind.
		host = d.options.Hosts[(number+number/100)%len(d.options.Hosts)]
	}
	place := url.URL{Scheme: scheme, Path: path, RawQuery: "n=" + strconv.Itoa(number),
		Host: net.JoinHostPort(host, strconv.Itoa(d.options.Port))}
	return place.String()
}

func (d *driver) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp",
		net.JoinHostPort(d.options.Address, strconv.Itoa(d.options.Port)))
}

// tls leaves the server's name to who connects.
func (d *driver) tls(protocols []string) *tls.Config {
	return &tls.Config{RootCAs: d.roots, NextProtos: protocols}
}

func (d *driver) dialTLS(protocols []string) (net.Conn, error) {
	raw, err := d.dial(context.Background(), "", "")
	if err != nil {
		return nil, err
	}
	config := d.tls(protocols)
	config.ServerName = d.options.Hosts[0]
	secure := tls.Client(raw, config)
	raw.SetDeadline(time.Now().Add(requestPatience))
	if err := secure.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	raw.SetDeadline(time.Time{})
	return secure, nil
}

func (d *driver) transport(protocol string) *http.Transport {
	transport := &http.Transport{DialContext: d.dial, MaxIdleConnsPerHost: 64,
		DisableCompression: true}
	if protocol == "h2" {
		transport.ForceAttemptHTTP2 = true
		transport.TLSClientConfig = d.tls([]string{"h2"})
	} else {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		transport.TLSClientConfig = d.tls([]string{"http/1.1"})
	}
	return transport
}
