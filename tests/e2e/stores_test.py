"""Seeds kept in etcd, on a web server and in the DNS: the helper by itself, then whole nodes."""

import os
import signal
import socket
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness.dns_server import DnsServer
from harness.etcd import Etcd
from harness.helper import ask
from harness.http_service import Reply
from harness.network import UNRESOLVABLE, has_ipv6
from harness.store_case import SECRET, StoreCase
from harness.wait import wait_until
from harness.web_store import WebStore


class EtcdStore(StoreCase):
    def setUp(self):
        super().setUp()
        self.etcd = self.enterContext(Etcd(self.addresses.take(), self.directory))
        self.config = {"endpoints": [self.etcd.url]}

    def test_an_empty_store_holds_no_seeds(self):
        self.assert_fetched("etcd", [], **self.config)

    def test_what_is_published_is_fetched_the_newest_last(self):
        self.publish("etcd", "10.0.0.1", **self.config)
        self.publish("etcd", "fd00::7", 9998, **self.config)
        self.assert_fetched("etcd", ["10.0.0.1:9999", "[fd00::7]:9998"], **self.config)
        self.publish("etcd", "10.0.0.1", **self.config)
        self.assert_fetched("etcd", ["[fd00::7]:9998", "10.0.0.1:9999"], **self.config)
        self.assertEqual(sorted(self.etcd.keys()),
                         ["scrimplb/seeds/10.0.0.1:9999", "scrimplb/seeds/[fd00::7]:9998"])

    def test_a_balancer_that_publishes_no_more_is_gone_after_its_age(self):
        config = {**self.config, "expiry": "2s"}
        self.publish("etcd", "10.0.0.1", **config)
        self.publish("etcd", "10.0.0.2", **self.config)
        wait_until(lambda: ask("fetch", "etcd", self.config).seeds == ["10.0.0.2:9999"], 15,
                   "the first has expired")

    def test_publishing_again_keeps_a_balancer_alive(self):
        self.publish("etcd", "10.0.0.1", **self.config, expiry="10s")
        self.publish("etcd", "10.0.0.1", **self.config, expiry="60s")
        # The first lease is gone, and the key is not.
        self.assertGreater(self.etcd.time_to_live(*self.etcd.leases()), 10)
        self.assert_fetched("etcd", ["10.0.0.1:9999"], **self.config)

    def test_leases_do_not_pile_up(self):
        for _ in range(4):
            self.publish("etcd", "10.0.0.1", **self.config)
            self.publish("etcd", "10.0.0.2", **self.config)
        self.assertEqual(len(self.etcd.leases()), 2)
        self.assert_fetched("etcd", ["10.0.0.1:9999", "10.0.0.2:9999"], **self.config)

    def test_many_publish_at_once_and_none_is_lost(self):
        addresses = [f"10.0.1.{last}" for last in range(1, 21)]
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda address: self.publish("etcd", address, **self.config), addresses))
        self.assertEqual(sorted(ask("fetch", "etcd", self.config).seeds),
                         sorted(f"{address}:9999" for address in addresses))

    def test_of_too_many_the_newest_are_kept(self):
        for number in range(70):
            self.etcd.put(f"scrimplb/seeds/{number:03}",
                          f'{{"seeds":[{{"address":"10.0.2.{number}","port":"1"}}]}}')
        seeds = ask("fetch", "etcd", self.config).seeds
        self.assertEqual((len(seeds), seeds[0], seeds[-1]), (64, "10.0.2.6:1", "10.0.2.69:1"))

    def test_an_operators_own_key_counts_and_nonsense_beside_it_does_not(self):
        self.etcd.put("scrimplb/seeds/mine", '{"seeds":[{"address":"10.0.0.9","port":9999}]}')
        self.etcd.put("scrimplb/seeds/noise", "\0 not a document")
        self.etcd.put("scrimplb/seedsandmore", '{"seeds":[{"address":"10.6.6.6","port":9999}]}')
        self.assert_fetched("etcd", ["10.0.0.9:9999"], **self.config)

    def test_keys_that_are_all_nonsense_are_an_error(self):
        self.etcd.put("elsewhere/noise", "hello")
        self.assert_refused("etcd", "hold no seeds", "'key'", **self.config, key="elsewhere")

    def test_endpoints_are_tried_in_order(self):
        config = {"endpoints": [self.unused(), self.etcd.url + "/"]}
        self.publish("etcd", "10.0.0.1", **config)
        self.assert_fetched("etcd", ["10.0.0.1:9999"], **config)

    def test_nobody_there_is_one_sentence(self):
        one, other = self.unused(), self.unused()
        self.assert_refused("etcd", one, "no connection", endpoints=[one])
        self.assert_refused("etcd", "none of the 2 endpoints", other, endpoints=[one, other])

    def test_a_member_that_hangs_leaves_time_for_the_next(self):
        with Etcd(self.addresses.take(), os.path.join(self.directory, "second")) as hanging:
            hanging.signal(signal.SIGSTOP)
            self.addCleanup(hanging.signal, signal.SIGCONT)
            config = {"endpoints": [hanging.url, self.etcd.url], "timeout": "5s"}
            self.publish("etcd", "10.0.0.1", **config)
            hanging.signal(signal.SIGCONT)

    def test_a_server_that_is_not_etcd_is_told_so(self):
        web = self.enterContext(WebStore(self.addresses.take()))
        self.assert_refused("etcd", "404", "'endpoints'", endpoints=[web.url])
        web.reply = Reply(200, "<html></html>")
        self.assert_refused("etcd", "not etcd's", "'endpoints'", endpoints=[web.url])
        web.reply = Reply(200, "[" * 1000)
        self.assert_refused("etcd", "not etcd's", endpoints=[web.url])
        web.reply = Reply(200, " " * 1_000_000)
        self.assert_refused("etcd", "larger than", endpoints=[web.url])

    def test_names_and_passwords(self):
        config = {**self.config, "username": "lb",
                  "password-file": self.file("password", SECRET + "\n")}
        # As long as nobody is asked for a name, giving one does no harm.
        self.publish("etcd", "10.0.0.1", **config)
        for command in (f"user add root:{SECRET}", "user grant-role root root",
                        "role add seeds",
                        "role grant-permission seeds --prefix=true readwrite scrimplb/seeds/",
                        f"user add lb:{SECRET}", "user grant-role lb seeds", "auth enable"):
            self.etcd.ctl(*command.split())
        for _ in range(2):
            self.publish("etcd", "10.0.0.2", **config)
        self.assert_fetched("etcd", ["10.0.0.1:9999", "10.0.0.2:9999"], **config)
        # The user may give up the lease that it took before.
        self.assertIn("found 2 leases",
                      self.etcd.ctl("--user", f"root:{SECRET}", "lease", "list"))
        self.assert_refused("etcd", "'username'", "'password-file'", **self.config)
        self.assert_refused("etcd", "'lb'", "'password-file'", **{
            **config, "password-file": self.file("wrong", SECRET + "!")})
        self.assert_refused("etcd", "'lb'", "readwrite", "'elsewhere/'", **config, key="elsewhere")

    def test_settings_that_are_wrong_are_named(self):
        self.assert_refused("etcd", "endpoints")
        self.assert_refused("etcd", "password-file", "username", **self.config, username="lb")
        missing = os.path.join(self.directory, "none")
        self.assert_refused("etcd", "password-file", missing, **self.config,
                            **{"username": "lb", "password-file": missing})
        self.assert_refused("etcd", "empty", **self.config, **{
            "username": "lb", "password-file": self.file("empty", "\n")})
        latin = os.path.join(self.directory, "latin")
        with open(latin, "wb") as file:
            file.write(SECRET.encode() + b"\xe9")
        for action in ("fetch", "publish"):
            self.assert_refused("etcd", "password-file", "not UTF-8", action=action, **self.config,
                                **{"username": "lb", "password-file": latin})


class WebStoreCase(StoreCase):
    def store(self, **options):
        store = self.enterContext(WebStore(self.addresses.take(), **options))
        return store, {"url": store.document_url, "publish": True}


class WebSeeds(WebStoreCase):
    def test_a_document_that_somebody_wrote_is_fetched(self):
        store, config = self.store()
        store.document = '{"seeds":[{"address":"10.0.0.1","port":"9999"},' \
                         '{"address":"[fd00::7]","port":9998},{"address":"nonsense","port":1}]}'
        self.assert_fetched("http", ["10.0.0.1:9999", "[fd00::7]:9998"], url=config["url"])

    def test_a_first_publication_makes_the_document(self):
        store, config = self.store()
        self.assert_fetched("http", [], **config)
        self.publish("http", "10.0.0.1", **config)
        self.assertEqual(store.seeds, ["10.0.0.1:9999"])
        self.assertAlmostEqual(store.entries[0]["published"], time.time(), delta=60)
        self.assert_fetched("http", ["10.0.0.1:9999"], **config)

    def test_publishing_again_writes_nothing_while_the_entry_is_young(self):
        store, config = self.store()
        for _ in range(3):
            self.publish("http", "10.0.0.1", **config)
        self.assertEqual(store.count("PUT"), 1)

    def test_a_dead_balancer_goes_when_another_publishes(self):
        store, config = self.store()
        self.publish("http", "10.0.0.1", **config, expiry="1s")
        time.sleep(2.1)
        self.publish("http", "10.0.0.2", **config, expiry="1s")
        self.assertEqual(store.seeds, ["10.0.0.2:9999"])

    def test_of_two_that_write_at_once_none_is_lost(self):
        for etags in ("strong", "weak", None):
            with self.subTest(etags=etags):
                store, config = self.store(etags=etags)
                store.intruder = lambda c=config: self.publish("http", "10.0.0.2", **c)
                self.publish("http", "10.0.0.1", **config)
                if etags != "strong":  # The last writer wins; the other comes back in its turn.
                    self.assertEqual(store.seeds, ["10.0.0.1:9999"])
                    self.publish("http", "10.0.0.2", **config)
                self.assertEqual(sorted(store.seeds), ["10.0.0.1:9999", "10.0.0.2:9999"])

    def test_many_publish_at_once_and_none_is_lost(self):
        store, config = self.store()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda last: self.publish("http", f"10.0.1.{last}", **config),
                          range(1, 9)))
        self.assertEqual(sorted(store.seeds), [f"10.0.1.{last}:9999" for last in range(1, 9)])

    def test_who_never_wins_says_so(self):
        store, config = self.store()
        store.document = '{"seeds":[]}'
        put, store._put = store._put, lambda request: Reply(412)
        self.assert_refused("http", "others write at the same time", action="publish", **config)
        store._put = put

    def test_a_folder_that_is_missing_is_told_from_a_lost_race(self):
        store, config = self.store()
        store.has_folder = False
        self.assert_refused("http", "409", "the folder", "is missing", "'publish-url'",
                            action="publish", **config)
        self.assertEqual(store.count("PUT"), 2)

    def test_a_document_that_is_none_is_an_error_and_overwritten(self):
        store, config = self.store()
        store.document = "<html>maintenance</html>"
        self.assert_refused("http", store.url, "not a seeds document", **config)
        self.publish("http", "10.0.0.1", **config)
        self.assertEqual(store.seeds, ["10.0.0.1:9999"])

    def test_a_token_from_a_file_is_sent_and_never_shown(self):
        store, config = self.store(token=SECRET)
        self.assert_refused("http", "401", "'token-file'", **config)
        wrong = {"token-file": self.file("wrong", SECRET + "!")}
        self.assert_refused("http", "401", "'token-file'", **config, **wrong)
        good = {"token-file": self.file("token", f"  {SECRET}\n")}
        self.publish("http", "10.0.0.1", **config, **good)
        self.assert_fetched("http", ["10.0.0.1:9999"], **config, **good)
        smuggled = {"token-file": self.file("smuggled", f"{SECRET}\r\nX-Evil: 1")}
        self.assert_refused("http", "line break", **config, **smuggled)

    def test_headers_are_sent_with_both(self):
        store, config = self.store()
        self.publish("http", "10.0.0.1", **config, headers={"X-Scope": "test"})
        self.assertEqual({r.headers.get("X-Scope") or r.headers.get("x-scope")
                          for r in store.requests}, {"test"})

    def test_where_nothing_is_published_a_missing_document_is_a_mistyped_url(self):
        _, config = self.store()
        self.assert_refused("http", "404", "path", url=config["url"])

    def test_another_url_may_be_the_one_to_write_to(self):
        reader, _ = self.store()
        writer, _ = self.store()
        self.publish("http", "10.0.0.1", url=reader.document_url, publish=True,
                     **{"publish-url": writer.document_url})
        self.assertEqual((reader.seeds, writer.seeds), ([], ["10.0.0.1:9999"]))

    def test_a_server_that_takes_no_put_is_named(self):
        _, config = self.store(writable=False)
        self.assert_refused("http", "405", "'publish-url'", action="publish", **config)

    def test_whatever_a_server_sends_is_seeds_or_a_sentence(self):
        store, config = self.store()
        for reply, part in (
                (Reply(500), "500"),
                (Reply(301, headers={"Location": "http://10.6.6.6/"}), "has moved"),
                (Reply(200, "x" * 200_000), "larger than 65536 bytes"),
                (Reply(200, '{"seeds":', promised=100), "broke off"),
                (Reply(0, raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "speaks no HTTP")):
            for action in ("fetch", "publish"):
                with self.subTest(part=part, action=action):
                    store.reply = reply
                    self.assert_refused("http", part, action=action, **config)

    def test_a_server_that_hangs_is_not_waited_for_longer_than_told(self):
        store, config = self.store()
        over = threading.Event()
        self.addCleanup(over.set)
        store.answer = lambda request: over.wait(60) and Reply(200)
        self.assert_refused("http", "did not answer in time", "'timeout'", **config, timeout="2s")

    def test_nobody_there_is_one_sentence(self):
        self.assert_refused("http", "no connection", url=self.unused())
        self.assert_refused("http", f"the name '{UNRESOLVABLE}' cannot be resolved",
                            url=f"http://{UNRESOLVABLE}/seeds")
        self.assert_refused("http", "no TLS", url=self.store()[0].url.replace("http:", "https:"))


    @unittest.skipUnless(os.geteuid() == 0, "another resolv.conf, and port 53, take root")
    def test_a_dns_that_is_silent_is_not_waited_for_longer_than_told(self):
        address = self.addresses.take()
        silent = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        silent.bind((address, 53))
        conf = self.file("resolv.conf", f"nameserver {address}\n")
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        wrapper = ["unshare", "--mount", "sh", "-c", mount, conf]
        begin = time.monotonic()
        answer = ask("fetch", "http", {"url": "http://store.scrimp.test/", "timeout": "3s"},
                     wrapper=wrapper)
        self.assertLess(time.monotonic() - begin, 3)
        self.assertIn("http://store.scrimp.test did not answer in time", answer.error)
        self.assertIn("'timeout'", answer.error)


class Names(StoreCase):
    DOMAIN = "scrimp.test"

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(DnsServer(self.addresses.take(), self.directory))

    def assert_named(self, seeds, name, **config):
        self.assert_fetched("dns", seeds, name=name, server=self.server.name, **config)

    def test_addresses_of_both_families_with_one_port(self):
        self.server.start("host-record=lb.scrimp.test,10.0.0.1,fd00::1")
        self.assert_named(["10.0.0.1:9999", "[fd00::1]:9999"], "lb.scrimp.test")
        self.assert_named(["10.0.0.1:7777", "[fd00::1]:7777"], "lb.scrimp.test", port=7777)

    def test_services_bring_ports_and_the_preferred_stands_last(self):
        self.server.start(
            "host-record=a.scrimp.test,10.0.0.1", "host-record=b.scrimp.test,10.0.0.2",
            "host-record=c.scrimp.test,10.0.0.3",
            "srv-host=_scrimplb._tcp.scrimp.test,a.scrimp.test,9001,10,5",
            "srv-host=_scrimplb._tcp.scrimp.test,b.scrimp.test,9002,20,5",
            "srv-host=_scrimplb._tcp.scrimp.test,c.scrimp.test,9003,10,50",
            "srv-host=_scrimplb._tcp.scrimp.test,gone.scrimp.test,9004,10,50")
        self.assert_named(["10.0.0.2:9002", "10.0.0.1:9001", "10.0.0.3:9003"],
                          "_scrimplb._tcp.scrimp.test")

    def test_the_type_may_be_told(self):
        self.server.start("host-record=a.scrimp.test,10.0.0.1",
                          "srv-host=balancers.scrimp.test,a.scrimp.test,9001")
        self.assert_named(["10.0.0.1:9001"], "balancers.scrimp.test", type="srv")
        self.assert_refused("dns", "type", "'mx'", name="a", type="mx")

    def test_a_service_that_is_not_offered_is_no_seed(self):
        self.server.start("srv-host=_scrimplb._tcp.scrimp.test")
        self.assert_named([], "_scrimplb._tcp.scrimp.test")

    def test_addresses_and_ports_that_are_nobodys_are_left_out(self):
        self.server.start(
            "host-record=lb.scrimp.test,10.0.0.1", "host-record=lb.scrimp.test,0.0.0.0",
            "host-record=blocked.scrimp.test,0.0.0.0,::",
            "srv-host=_scrimplb._tcp.scrimp.test,lb.scrimp.test,9001",
            "srv-host=_scrimplb._tcp.scrimp.test,lb.scrimp.test,0",
            "srv-host=_scrimplb._tcp.scrimp.test,blocked.scrimp.test,9001")
        self.assert_named(["10.0.0.1:9999"], "lb.scrimp.test")
        self.assert_named([], "blocked.scrimp.test")
        self.assert_named(["10.0.0.1:9001"], "_scrimplb._tcp.scrimp.test")

    def test_an_alias_is_followed(self):
        self.server.start("host-record=a.scrimp.test,10.0.0.1", "cname=lb.scrimp.test,a.scrimp.test")
        self.assert_named(["10.0.0.1:9999"], "lb.scrimp.test")

    def test_more_addresses_than_a_datagram_holds_are_all_read_and_cut_to_64(self):
        self.server.start(*(f"host-record=lb.scrimp.test,10.0.3.{last}" for last in range(1, 101)))
        answer = ask("fetch", "dns", {"name": "lb.scrimp.test", "server": self.server.name})
        self.assertEqual((answer.error, len(set(answer.seeds))), (None, 64))

    def test_a_name_that_is_not_there_is_told_from_a_server_that_is_not(self):
        self.server.start()
        self.assert_refused("dns", "'lb.scrimp.test' does not exist", self.server.name,
                            name="lb.scrimp.test", server=self.server.name)
        self.server.stop()
        self.assert_refused("dns", "no answer about 'lb.scrimp.test'", "'server'", seconds=20,
                            name="lb.scrimp.test", server=self.server.name)
        # What this host's resolver says of it depends on whether it has a name server.
        self.assert_refused("dns", "this host's resolver", seconds=20, timeout="10s",
                            name="_scrimplb._tcp.nowhere.invalid")

    def test_a_server_that_is_silent_is_not_waited_for_longer_than_told(self):
        self.server.start()
        self.server.signal(signal.SIGSTOP)
        self.addCleanup(self.server.signal, signal.SIGCONT)
        self.assert_refused("dns", "takes too long", timeout="2s",
                            name="lb.scrimp.test", server=self.server.name)

    def test_etc_hosts_counts_where_no_server_is_given(self):
        answer = ask("fetch", "dns", {"name": "localhost", "port": 7777})
        self.assertIn("127.0.0.1:7777", answer.seeds)

    def test_settings_that_are_wrong_are_named(self):
        self.assert_refused("dns", "name: required")
        self.assert_refused("dns", "server: 'ns.example'", name="a", server="ns.example")
        self.assert_refused("dns", "port", name="a", port=70000)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 loopback")
    def test_a_name_server_is_reached_by_ipv6_too(self):
        with DnsServer("::1", self.directory) as server:
            server.start("host-record=a.scrimp.test,10.0.0.1",
                         "srv-host=_scrimplb._tcp.scrimp.test,a.scrimp.test,9001")
            self.assert_fetched("dns", ["10.0.0.1:9001"], name="_scrimplb._tcp.scrimp.test",
                                server=server.name)


if __name__ == "__main__":
    unittest.main()
