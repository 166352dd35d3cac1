// The traffic of the zero-loss tests, both ends of it in one program:
//
//	traffic hosts            applications on many addresses, opened and killed as told (hosts.go)
//	traffic drive OPTIONS    a steady load, every request of it accounted for (drive.go)
//
// In Go because of its HTTP client, which behaves as clients in the field do, HTTP/2 included, and
// because at 1,000 requests a second it takes well under half a core, which the machine of a test
// has to share with what is tested.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "hosts":
		serveHosts()
	case len(os.Args) == 3 && os.Args[1] == "drive":
		var options options
		if err := json.Unmarshal([]byte(os.Args[2]), &options); err != nil {
			fatal(err)
		}
		drive(options)
	default:
		fatal(fmt.Errorf("usage: traffic hosts | traffic drive OPTIONS"))
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "traffic:", err)
	os.Exit(1)
}
