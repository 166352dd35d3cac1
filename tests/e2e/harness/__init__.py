"""What the demo and the end-to-end tests are played with.

The idea: nothing is simulated that can be had for real. A private nginx (its own prefix, ports from
the kernel, a certificate made on the spot), small HTTP applications in processes of their own, and
`scrimplb` nodes, each on a loopback address of its own; a steady load that counts every request.
What a test wants to know it asks from outside: by HTTPS, from the nginx configuration on disk, from
nginx's own log (reloads), from /proc (memory), and by one memberlist push/pull (members).

    process      a child that never outlives us
    network      loopback addresses and free ports, and a network of our own with cuts in it
    wait         polling until something holds
    nginx        the private nginx; haproxy and caddy, with the same face, take its place
    application  an HTTP application that says who it is
    node         one scrimplb process and its configuration
    cluster      nginx, a balancer and backends put together
    case         a unittest.TestCase with a cluster of its own
    client       one HTTPS request
    load         N requests a second, none unaccounted for; traffic, every kind of them, and loss,
                 who was to blame for those that failed
    helper       scrimplb-fetch, one request and its answer
    http_service a small HTTP server that can go and come back; on it stand
                 web_store, a seeds document with versions, and metadata_server, the clouds'
    etcd, dns_server  Debian's etcd and dnsmasq
    gossip       memberlist messages by hand, for peers that misbehave

Python 3's standard library only. Everything started here is ended by process id, on leaving the
`with` block, on exit, on Ctrl-C and on SIGTERM.
"""
