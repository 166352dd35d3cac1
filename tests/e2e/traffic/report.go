package main

import (
	"sort"
	"sync"
	"syscall"
	"time"
)

// Failures told one by one; beyond, they are counted.
const failuresTold = 5000

// A failure is of one request. Whether it was in flight to somebody who died, the harness knows.
type failure struct {
	Number     int
	Kind       string    // GET, PUT, POST, download, upload, upgrade, talk.
	Protocol   string    // h1 or h2.
	Kept       bool      // Over a connection that served others before.
	Idempotent bool      // No byte of an answer was seen, and it may be repeated.
	Begun      bool      // The answer had begun.
	Backend    string    // Who answered, if anybody did.
	Attempts   int       // By the client; all but the first on new connections.
	Began      time.Time `json:"-"`
	BeganUnix  float64
	Seconds    float64 // Until it failed.
	Reason     string
}

type phase struct {
	Name                    string
	Sent                    int
	P50Ms, P99Ms, SlowestMs float64
	latencies               []time.Duration
}

type report struct {
	mutex sync.Mutex

	Sent     map[string]int // By kind.
	Good     int
	Resent   int // Repeated by the client after a kept connection had ended under it.
	Failed   []failure
	Untold   int // Failures beyond those told.
	Backends map[string]int
	Phases   []*phase

	TalksOpened, TalksMoved int
	ProcessorSeconds        float64
}

func newReport() *report {
	return &report{Sent: map[string]int{}, Backends: map[string]int{}, Failed: []failure{},
		Phases: []*phase{{Name: "begin"}}}
}

func (r *report) mark(name string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Phases = append(r.Phases, &phase{Name: name})
}

func (r *report) short(about failure, took time.Duration) {
	r.mutex.Lock()
	current := r.Phases[len(r.Phases)-1]
	current.Sent++
	current.latencies = append(current.latencies, took)
	r.mutex.Unlock()
	r.slow(about)
}

// slow takes what became of a request whose time says nothing.
func (r *report) slow(about failure) {
	if about.Reason != "" {
		r.lose(about)
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Sent[about.Kind]++
	r.Good++
	r.Backends[about.Backend]++
	if about.Attempts > 1 {
		r.Resent += about.Attempts - 1
	}
}

func (r *report) lose(about failure) {
	about.BeganUnix = float64(about.Began.UnixMicro()) / 1e6
	about.Seconds = time.Since(about.Began).Seconds()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.Sent[about.Kind]++
	if len(r.Failed) < failuresTold {
		r.Failed = append(r.Failed, about)
	} else {
		r.Untold++
	}
}

func (r *report) talkOpened() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.TalksOpened++
}

func (r *report) talkMoved() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.TalksMoved++
}

// finished is called when nothing is under way any more.
func (r *report) finished() *report {
	for _, each := range r.Phases {
		sort.Slice(each.latencies, func(i, j int) bool { return each.latencies[i] < each.latencies[j] })
		each.P50Ms, each.P99Ms = each.percentile(50), each.percentile(99)
		each.SlowestMs = each.percentile(100)
	}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		r.ProcessorSeconds = float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
	}
	return r
}

// By nearest rank.
func (p *phase) percentile(percent int) float64 {
	if len(p.latencies) == 0 {
		return 0
	}
	rank := (len(p.latencies)*percent + 99) / 100
	return float64(p.latencies[rank-1].Microseconds()) / 1000
}
