package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

const (
	shortBody = 1024

	slowPieces = 30
	// Large enough for nginx to pass pieces on as they come.
	downloadPiece = 16 * 1024
	uploadPiece   = 4 * 1024
)

// Of ten requests four go over kept HTTP/1.1 connections, two over new ones, three over kept HTTP/2
// connections and one over a new one. Of ten of each kind one is a POST and one a PUT.
func kindOf(number int) (method, protocol string, kept bool) {
	switch place := number % 10; {
	case place < 4:
		protocol, kept = "h1", true
	case place < 6:
		protocol, kept = "h1", false
	case place < 9:
		protocol, kept = "h2", true
	default:
		protocol, kept = "h2", false
	}
	switch number / 10 % 10 {
	case 0:
		method = http.MethodPost
	case 1:
		method = http.MethodPut
	default:
		method = http.MethodGet
	}
	return
}

func (d *driver) short(number int, due time.Time) {
	method, protocol, kept := kindOf(number)
	about := failure{Number: number, Kind: method, Protocol: protocol, Kept: kept,
		Idempotent: method != http.MethodPost, Began: due}
	client, end := d.client(number, protocol, kept)
	defer end()
	ctx, cancel := context.WithTimeout(context.Background(), requestPatience)
	defer cancel()
	count := 0
	var body io.Reader
	if method != http.MethodGet {
		count = shortBody
		body = bytes.NewReader(make([]byte, count))
	}
	request, err := http.NewRequestWithContext(ctx, method, d.place("https", "/", number), body)
	if err != nil {
		fatal(err)
	}
	if method == http.MethodPut {
		// Go repeats a PUT only if told that it may; RFC 9110 (9.2.2) lets every client. The empty
		// value keeps the header off the wire.
		request.Header["X-Idempotency-Key"] = []string{}
	}
	answer := d.exchange(client, request, &about)
	if wanted := fmt.Sprintf("%d %d\n", number, count); about.Reason == "" && answer != wanted {
		about.Reason = fmt.Sprintf("answered %.40q for %q", answer, wanted)
	}
	d.report.short(about, time.Since(due))
}

// client is one that keeps its connections, or one for a single request.
func (d *driver) client(number int, protocol string, kept bool) (*http.Client, func()) {
	if kept {
		return d.kept[protocol][number/10%keptClients], func() {}
	}
	transport := d.transport(protocol)
	transport.DisableKeepAlives = protocol == "h1"
	return &http.Client{Transport: transport}, transport.CloseIdleConnections
}

// exchange returns the answer's body, or says in `about` what went wrong and how far it came.
func (d *driver) exchange(client *http.Client, request *http.Request, about *failure) string {
	trace := httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { about.Attempts++ }}
	answer, err := client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), &trace)))
	if err != nil {
		about.Reason = err.Error()
		return ""
	}
	defer answer.Body.Close()
	about.Backend = answer.Header.Get("X-Backend")
	if answer.StatusCode != http.StatusOK {
		about.Reason = answer.Status
		return ""
	}
	about.Begun = true
	var text bytes.Buffer
	if _, err := io.Copy(&text, answer.Body); err != nil {
		about.Reason = err.Error()
	}
	return text.String()
}

// drain reads to the end; the count of bytes.
func drain(in io.Reader) (int64, error) {
	return io.Copy(io.Discard, in)
}

func (d *driver) slowContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d.slowTime()+requestPatience)
}

// download is a GET, which may be repeated, until its answer has begun.
func (d *driver) download(number int) {
	_, protocol, kept := kindOf(number)
	about := failure{Number: number, Kind: "download", Protocol: protocol, Kept: kept,
		Began: time.Now()}
	client, end := d.client(number, protocol, kept)
	defer end()
	ctx, cancel := d.slowContext()
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		d.place("https", "/download", number)+fmt.Sprint("&seconds=", d.options.SlowSeconds), nil)
	if err != nil {
		fatal(err)
	}
	answer := d.exchange(client, request, &about)
	if about.Reason == "" && len(answer) != slowPieces*downloadPiece {
		about.Reason = fmt.Sprintf("%d bytes of %d", len(answer), slowPieces*downloadPiece)
	}
	about.Idempotent = !about.Begun
	d.report.slow(about)
}

// upload is a POST whose body comes slowly.
func (d *driver) upload(number int) {
	_, protocol, kept := kindOf(number)
	about := failure{Number: number, Kind: "upload", Protocol: protocol, Kept: kept,
		Began: time.Now()}
	client, end := d.client(number, protocol, kept)
	defer end()
	ctx, cancel := d.slowContext()
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		d.place("https", "/upload", number), &slowBody{left: slowPieces, pause: d.slowTime() / slowPieces})
	if err != nil {
		fatal(err)
	}
	request.ContentLength = slowPieces * uploadPiece
	answer := d.exchange(client, request, &about)
	wanted := fmt.Sprintf("%d %d\n", number, slowPieces*uploadPiece)
	if about.Reason == "" && answer != wanted {
		about.Reason = fmt.Sprintf("answered %.40q for %q", answer, wanted)
	}
	d.report.slow(about)
}

// slowBody yields a piece at a time, with pauses.
type slowBody struct {
	left    int // Pieces.
	pause   time.Duration
	started bool
	piece   []byte
}

func (b *slowBody) Read(into []byte) (int, error) {
	if len(b.piece) == 0 {
		if b.left == 0 {
			return 0, io.EOF
		}
		if b.started {
			time.Sleep(b.pause)
		}
		b.started = true
		b.left--
		b.piece = make([]byte, uploadPiece)
	}
	count := copy(into, b.piece)
	b.piece = b.piece[count:]
	return count, nil
}
