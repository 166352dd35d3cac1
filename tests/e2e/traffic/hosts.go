package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

// Within which a graceful end waits for what is under way; above the slowest request.
const endPatience = 30 * time.Second

// A host has one application, which answers every domain and says who it is.
//
// Its end is as the end of a process is for whoever is connected: the kernel closes what it had
// open, with a reset where something was not read yet. That needs no process for each.
type host struct {
	name   string
	server *http.Server

	mutex   sync.Mutex
	sockets map[net.Conn]bool
	talks   map[*talk]bool
	busy    map[int]bool // Numbers of the requests under way.
	posts   map[int]bool // Of all POSTs that ever came.
	healthy bool
	dead    bool
}

// The hosts are opened and ended by HTTP, at the address that is printed first.
func serveHosts() {
	var mutex sync.Mutex
	hosts := map[string]*host{}
	answer := func(do func(query func(string) string, host *host) (any, error)) http.HandlerFunc {
		return func(out http.ResponseWriter, in *http.Request) {
			query := in.URL.Query().Get
			mutex.Lock()
			found := hosts[query("name")]
			mutex.Unlock()
			said, err := do(query, found)
			if err != nil {
				http.Error(out, err.Error(), http.StatusConflict)
				return
			}
			json.NewEncoder(out).Encode(said)
		}
	}
	commands := http.NewServeMux()
	commands.HandleFunc("/open", answer(func(query func(string) string, _ *host) (any, error) {
		opened, port, err := open(query("name"), query("address"), query("port"))
		if err != nil {
			return nil, err
		}
		mutex.Lock()
		hosts[query("name")] = opened
		mutex.Unlock()
		return map[string]any{"port": port}, nil
	}))
	known := func(do func(query func(string) string, host *host) any) http.HandlerFunc {
		return answer(func(query func(string) string, found *host) (any, error) {
			if found == nil {
				return nil, fmt.Errorf("there is no host %q", query("name"))
			}
			return do(query, found), nil
		})
	}
	commands.HandleFunc("/kill", known(func(_ func(string) string, host *host) any {
		return map[string]any{"busy": host.kill()}
	}))
	commands.HandleFunc("/busy", known(func(_ func(string) string, host *host) any {
		return map[string]any{"busy": host.underWay()}
	}))
	commands.HandleFunc("/saw", answer(func(query func(string) string, _ *host) (any, error) {
		number, err := strconv.Atoi(query("number"))
		mutex.Lock()
		defer mutex.Unlock()
		for _, each := range hosts {
			each.mutex.Lock()
			seen := each.posts[number]
			each.mutex.Unlock()
			if seen {
				return map[string]any{"by": each.name}, err
			}
		}
		return map[string]any{"by": ""}, err
	}))
	commands.HandleFunc("/end", known(func(_ func(string) string, host *host) any {
		return map[string]any{"whole": host.end() == nil}
	}))
	commands.HandleFunc("/health", known(func(query func(string) string, host *host) any {
		host.mutex.Lock()
		defer host.mutex.Unlock()
		host.healthy = query("healthy") == "true"
		return map[string]any{"healthy": host.healthy}
	}))
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err)
	}
	fmt.Println(door.Addr())
	go http.Serve(door, commands)
	os.Stdin.Read(make([]byte, 1)) // Ends when the parent closes its end, or is gone.
}

func open(name, address, port string) (*host, int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, port))
	if err != nil {
		return nil, 0, err
	}
	opened := &host{name: name, sockets: map[net.Conn]bool{}, talks: map[*talk]bool{},
		busy: map[int]bool{}, posts: map[int]bool{}, healthy: true}
	opened.server = &http.Server{Handler: opened, ConnState: opened.follow}
	go opened.server.Serve(listener)
	return opened, listener.Addr().(*net.TCPAddr).Port, nil
}

func (h *host) follow(socket net.Conn, state http.ConnState) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	switch state {
	case http.StateNew:
		if h.dead {
			socket.Close() // Accepted in the very moment.
		}
		h.sockets[socket] = true
	case http.StateClosed:
		delete(h.sockets, socket)
	}
}

// kill returns the numbers of the requests that die with it.
func (h *host) kill() []int {
	lost := h.underWay()
	h.mutex.Lock()
	h.dead = true
	sockets := h.sockets
	h.sockets = map[net.Conn]bool{}
	h.mutex.Unlock()
	h.server.Close() // No newcomers; and idle ones at once.
	for socket := range sockets {
		socket.Close()
	}
	return lost
}

// end takes no new connection, lets every request be answered and tells who talks to look elsewhere.
func (h *host) end() error {
	h.mutex.Lock()
	talks := make([]*talk, 0, len(h.talks))
	for each := range h.talks {
		talks = append(talks, each)
	}
	h.mutex.Unlock()
	for _, each := range talks {
		each.say(goodbye)
	}
	patience, cancel := context.WithTimeout(context.Background(), endPatience)
	defer cancel()
	return h.server.Shutdown(patience)
}

func (h *host) underWay() []int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	numbers := make([]int, 0, len(h.busy))
	for number := range h.busy {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	return numbers
}

func (h *host) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	number, _ := strconv.Atoi(in.URL.Query().Get("n"))
	h.mutex.Lock()
	h.busy[number] = true
	if in.Method == http.MethodPost {
		h.posts[number] = true
	}
	healthy := h.healthy
	h.mutex.Unlock()
	defer func() {
		h.mutex.Lock()
		delete(h.busy, number)
		h.mutex.Unlock()
	}()
	out.Header().Set("X-Backend", h.name)
	switch in.URL.Path {
	case "/health":
		if !healthy {
			out.WriteHeader(http.StatusInternalServerError)
		}
	case "/download":
		h.trickle(out, in)
	case "/talk":
		h.talk(out, in)
	default:
		answerShortly(out, in, number)
	}
}

// Whoever asked finds its own number in the answer, and how much of its own came.
func answerShortly(out http.ResponseWriter, in *http.Request, number int) {
	count, err := drain(in.Body)
	if err != nil && !errors.Is(err, http.ErrBodyReadAfterClose) {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	text := fmt.Sprintf("%d %d\n", number, count)
	out.Header().Set("Content-Length", strconv.Itoa(len(text)))
	fmt.Fprint(out, text)
}

func (h *host) trickle(out http.ResponseWriter, in *http.Request) {
	seconds, _ := strconv.Atoi(in.URL.Query().Get("seconds"))
	piece := make([]byte, downloadPiece)
	out.Header().Set("Content-Length", strconv.Itoa(slowPieces*downloadPiece))
	for i := 0; i < slowPieces; i++ {
		if _, err := out.Write(piece); err != nil {
			return
		}
		out.(http.Flusher).Flush()
		time.Sleep(time.Duration(seconds) * time.Second / slowPieces)
	}
}
