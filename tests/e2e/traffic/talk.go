package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/websocket"
)

const (
	welcome = "welcome to "
	goodbye = "goodbye"

	talkPeriod   = time.Second      // From one word to the next.
	talkPatience = 10 * time.Second // As long as any short request is waited for.
)

var errGoodbye = errors.New(goodbye)

// A talk is a WebSocket whose host says its name first and then echoes. The host may say goodbye:
// that is no loss, the client looks elsewhere.
type talk struct {
	socket *websocket.Conn
}

func (t *talk) say(word string) error {
	return websocket.Message.Send(t.socket, word)
}

// talk is the host's end.
func (h *host) talk(out http.ResponseWriter, in *http.Request) {
	echo := func(socket *websocket.Conn) {
		own := &talk{socket}
		h.mutex.Lock()
		h.talks[own] = true
		h.mutex.Unlock()
		defer func() {
			h.mutex.Lock()
			delete(h.talks, own)
			h.mutex.Unlock()
		}()
		word := welcome + h.name
		for own.say(word) == nil && websocket.Message.Receive(socket, &word) == nil {
		}
	}
	// Unlike websocket.Handler, it asks for no Origin.
	websocket.Server{Handler: echo}.ServeHTTP(out, in)
}

// keepTalking keeps one WebSocket open until the end, and opens another whenever one is lost.
func (d *driver) keepTalking() {
	defer d.underWay.Done()
	for !d.isOver() {
		lost := failure{Number: d.nextNumber(), Kind: "upgrade", Protocol: "h1", Idempotent: true,
			Began: time.Now()}
		err := d.talkOnce(&lost)
		if errors.Is(err, errGoodbye) {
			d.report.talkMoved()
		} else if err != nil {
			lost.Reason = err.Error()
			d.report.lose(lost)
			time.Sleep(talkPeriod)
		}
	}
}

// talkOnce returns nil at the end of the load; `about` learns how far it came.
func (d *driver) talkOnce(about *failure) error {
	config, err := websocket.NewConfig(d.place("wss", "/talk", about.Number), "https://"+d.options.Hosts[0])
	if err != nil {
		return err
	}
	raw, err := d.dialTLS([]string{"http/1.1"})
	if err != nil {
		return err
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(talkPatience))
	socket, err := websocket.NewClient(config, raw)
	if err != nil {
		return err
	}
	raw.SetDeadline(time.Time{})
	heard := make(chan string)
	ended := make(chan error, 1)
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			var word string
			if err := websocket.Message.Receive(socket, &word); err != nil {
				ended <- err
				return
			}
			select {
			case heard <- word:
			case <-over:
				return
			}
		}
	}()
	return d.converse(socket, heard, ended, about)
}

func (d *driver) converse(socket *websocket.Conn, heard chan string, ended chan error,
	about *failure) error {
	wanted := ""
	next := time.NewTimer(talkPeriod)
	patience := time.NewTimer(talkPatience)
	for count := 0; ; {
		select {
		case <-d.finish:
			return nil
		case err := <-ended:
			return fmt.Errorf("ended without goodbye: %w", err)
		case <-patience.C:
			return fmt.Errorf("no answer in %s", talkPatience)
		case <-next.C:
			count++
			wanted = fmt.Sprint("word ", count)
			if err := websocket.Message.Send(socket, wanted); err != nil {
				return err
			}
		case word := <-heard:
			switch {
			case word == goodbye:
				return errGoodbye
			case wanted == "" && strings.HasPrefix(word, welcome):
				about.Kind, about.Kept, about.Begun, about.Idempotent = "talk", true, true, false
				about.Backend = strings.TrimPrefix(word, welcome)
				d.report.talkOpened()
			case word != wanted:
				return fmt.Errorf("heard %q for %q", word, wanted)
			}
			patience.Reset(talkPatience)
			next.Reset(talkPeriod)
		}
	}
}
