// The original's seed package as far as it touches the document: its two types, read and written
// with encoding/json as its S3 provider does it. Reads a document from standard input, adds the
// seed its arguments name, and writes the document.
package main

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
)

type Seed struct {
	Address string `json:"address"`
	Port    string `json:"port"`
}

type Seeds struct {
	Seeds []Seed `json:"seeds"`
}

func main() {
	text, err := ioutil.ReadAll(os.Stdin)
	seeds := Seeds{}
	if err == nil {
		err = json.Unmarshal(text, &seeds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	seeds.Seeds = append(seeds.Seeds, Seed{Address: os.Args[1], Port: os.Args[2]})
	written, _ := json.Marshal(seeds)
	os.Stdout.Write(written)
}
