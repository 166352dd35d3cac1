"""Seeds in S3, against Ceph's gateway, which verifies signatures and honours conditional writes: the
helper by itself, and nodes that know nothing but a bucket."""

import os
import re
import statistics
import threading
import time
import unittest

from harness.case import ClusterCase
from harness.radosgw import RadosGateway, missing
from harness.s3_case import ENVIRONMENT, SECRET, S3Case, at_once
from harness.wait import holds_for, wait_until

PUSHES = 200
"""By each of three balancers at once, as the project promises it."""

_gateway = None
_buckets = 0


def setUpModule():
    global _gateway
    if missing():
        raise unittest.SkipTest(f"no {', '.join(missing())} on this machine: ./dev setup")
    _gateway = unittest.enterModuleContext(RadosGateway())


def new_bucket():
    """A bucket of its own for each test: a client for it, and its provider-config."""
    global _buckets
    _buckets += 1
    name = f"seeds-{_buckets}"
    return _gateway.create_bucket(name), {"bucket": name, "region": "default",
                                   "endpoint": _gateway.endpoint}


class AgainstCeph(S3Case):
    def setUp(self):
        self.environment = {"AWS_ACCESS_KEY_ID": _gateway.access_key,
                            "AWS_SECRET_ACCESS_KEY": _gateway.secret_key}
        self.bucket, self.config = new_bucket()

    def test_an_object_that_is_not_there_holds_no_seeds(self):
        self.assertEqual(self.seeds(self.config), [])

    def test_the_originals_document_is_read_and_written_in_its_form(self):
        self.bucket.put("scrimplb", '{"seeds":[{"address":"10.0.0.1","port":"9999"},'
                                    '{"address":"[fd00::1]","port":"10000"}]}')
        self.assertEqual(self.seeds(self.config), ["10.0.0.1:9999", "[fd00::1]:10000"])
        self.publish(self.config)
        self.assertEqual(self.bucket.seeds(), ["10.0.0.1:9999", "[fd00::1]:10000", "10.0.0.5:9999"])
        for entry in self.bucket.entries():
            self.assertEqual({type(entry["address"]), type(entry["port"])}, {str})
            self.assertAlmostEqual(entry["published"], time.time(), delta=60)

    def test_an_unparsable_object_is_an_error_to_a_backend_and_overwritten_by_a_balancer(self):
        self.bucket.put("scrimplb", "<html>")
        self.refused("fetch", self.config, "object 'scrimplb': not a seeds document")
        self.publish(self.config)
        self.assertEqual(self.bucket.seeds(), ["10.0.0.5:9999"])

    def test_an_entry_that_is_fresh_is_not_written_again(self):
        state = self.publish(self.config)
        self.assertEqual(state, {"conditional": True, "etag": "bare"})
        before = self.bucket.get("scrimplb")
        time.sleep(1.1)  # Ages count in seconds.
        self.publish(self.config, state=state)
        self.assertEqual(self.bucket.get("scrimplb"), before)

    def test_a_dead_balancer_is_gone_after_its_age(self):
        configs = {mode: {**self.config, "mode": mode, "key": mode, "expiry": "2s"}
                   for mode in ("auto", "prefix")}
        for config in configs.values():
            self.publish(config, port=1)
            self.assertEqual(self.seeds(config), ["10.0.0.5:1"])
        time.sleep(5.1)  # Twice its age, and ages count in seconds.
        for mode, config in configs.items():
            with self.subTest(mode):
                self.assertEqual(self.seeds(config), ["10.0.0.5:1"], "better than nobody")
                self.publish(config, port=2)
                # From here on an age that no slow machine reaches.
                self.assertEqual(self.seeds({**config, "expiry": "1h"}), ["10.0.0.5:2"])
                self.assertEqual(self.bucket.seeds(mode), ["10.0.0.5:2"])
                self.assertIsNone(self.bucket.get(f"{mode}.d/10.0.0.5-1.json"))

    def test_a_key_may_have_any_letters_and_a_bucket_may_be_in_the_host_name(self):
        config = {**self.config, "key": "a b/../ü+&c", "path-style": False,
                  "endpoint": _gateway.endpoint.replace("127.0.0.1", "localhost")}
        for mode in ("conditional", "prefix"):
            self.publish({**config, "mode": mode}, port=len(mode))
        self.assertEqual(self.seeds(config), ["10.0.0.5:11", "10.0.0.5:6"])
        self.assertEqual(self.bucket.seeds("a b/../ü+&c"), ["10.0.0.5:11", "10.0.0.5:6"])

    def test_who_signs_wrongly_is_told_so(self):
        source = "of the environment"
        self.refused("fetch", self.config, "does not fit its access key", source,
                     environment={**self.environment, "AWS_SECRET_ACCESS_KEY": SECRET})
        self.refused("publish", self.config, "does not know the access key", source,
                     environment=ENVIRONMENT | {"AWS_SESSION_TOKEN": ""})

    def test_a_bucket_that_is_not_there_is_an_error(self):
        for action in ("fetch", "publish"):
            self.refused(action, {**self.config, "bucket": "nowhere"},
                         "bucket 'nowhere' does not exist", "create it")

    def push(self, name, together):
        """A balancer that comes back under another port each time, so that every push is a write,
        and that finds itself after each. The last push of all is made `together`."""
        state = {}
        for port in range(10_000 * name, 10_000 * name + PUSHES):
            if port % 10_000 == PUSHES - 1:
                together.wait(120)
            state = self.publish(self.config, port, state)
            self.assertIn(f"10.0.0.5:{port}", self.bucket.seeds(), "it was accepted")

    def test_three_balancers_that_push_at_once_lose_nothing(self):
        names = (1, 2, 3)
        together = threading.Barrier(len(names))
        at_once(lambda name: self.push(name, together), names)
        ports = [int(entry["port"]) for entry in self.bucket.entries()]
        # A document holds 64, and each push moved the oldest out: what is there of a balancer are
        # its last pushes without a gap, the very last among them.
        self.assertEqual(len(ports), 64)
        for name in names:
            own = sorted(port for port in ports if port // 10_000 == name)
            end = 10_000 * name + PUSHES
            self.assertEqual(own, list(range(end - max(len(own), 1), end)))


class TheDaemon(ClusterCase):
    """Nodes that know nothing but a bucket. Their credentials lie in a file."""

    def setUp(self):
        super().setUp()
        self.bucket, config = new_bucket()
        self.credentials = os.path.join(self.cluster.directory, "credentials")
        self.write_credentials(_gateway.secret_key)
        self.provider = {**config, "credentials-file": self.credentials}
        self.use(self.cluster.balancer)

    def write_credentials(self, secret):
        with open(self.credentials, "w", encoding="utf-8") as file:
            file.write(f"[default]\naws_access_key_id={_gateway.access_key}\n"
                       f"aws_secret_access_key={secret}\n")

    def use(self, node):
        node.config.update({"provider": "s3", "provider-config": self.provider})
        return node

    def tearDown(self):
        nodes = [self.cluster.balancer, *(b.node for b in self.cluster.backends.values())]
        for node in nodes:
            self.assertNotIn(_gateway.secret_key, node.log())
            self.assertNotIn(SECRET, node.log())

    def test_a_backend_joins_through_what_a_balancer_published(self):
        self.cluster.start_balancer()
        balancer = self.cluster.balancer
        wait_until(lambda: self.bucket.seeds() == [f"{balancer.address}:{balancer.port}"], 20,
                   "the balancer is in the bucket", every=0.1)
        backend = self.cluster.add_backend("one")
        self.use(backend.node)
        backend.start()
        self.cluster.wait_routed(backend)

    def test_three_balancers_stay_in_the_document_and_a_dead_one_leaves_it(self):
        # Long enough for a machine that is slow: within it everybody is to be there.
        self.provider["expiry"] = "12s"
        balancers = [self.use(self.cluster.make_balancer(name, **{
            "push-period": "200ms", "push-jitter": "100ms", "generator": "dummy"}))
            for name in ("a", "b", "c")]
        wanted = {f"{node.address}:{node.port}" for node in balancers}
        for node in balancers:
            node.start()
            self.addCleanup(node.kill)
        wait_until(lambda: set(self.bucket.seeds()) == wanted, 30, "all three are there", every=0.1)
        self.cluster.wait_members(["a", "b", "c"], balancers[0])
        for _ in range(20):
            time.sleep(0.15)
            self.assertEqual(set(self.bucket.seeds()), wanted)
        balancers[2].kill()
        wanted.remove(f"{balancers[2].address}:{balancers[2].port}")
        wait_until(lambda: set(self.bucket.seeds()) == wanted, 60, "the dead one is gone", every=0.1)

    def test_a_wrong_secret_is_said_once_and_does_no_harm(self):
        self.write_credentials(SECRET)
        self.cluster.balancer.config["load-balancer-config"]["push-jitter"] = "0s"
        self.cluster.start_balancer()
        balancer = self.cluster.balancer
        balancer.wait_log("publishing failed", "does not fit its access key")
        # The second attempt is 5 s after the first, the third 10 s after that.
        holds_for(lambda: balancer.alive and len(balancer.log_lines("publishing failed")) == 1, 8,
                  "it is said once")
        self.write_credentials(_gateway.secret_key)
        wait_until(self.bucket.seeds, 60, "it publishes after all", every=0.1)
        recovered, = balancer.wait_log("publishing works again")
        self.assertGreater(int(re.search(r"after (\d+) failure", recovered).group(1)), 1)

    def test_a_backend_is_no_larger_for_it(self):
        self.cluster.start_balancer()
        balancer = self.cluster.balancer
        wait_until(self.bucket.seeds, 20, "the balancer is in the bucket", every=0.1)
        manual = {"provider": "manual", "provider-config": {"ip": balancer.address,
                                                            "port": balancer.port}}
        sizes = {"s3": [], "manual": []}
        for number in range(3):
            for kind in sizes:
                backend = self.cluster.add_backend(f"{kind}-{number}", application_name=kind)
                if kind == "s3":
                    self.use(backend.node)
                else:
                    backend.node.config.update(manual)
                backend.start()
                self.cluster.wait_routed(backend)
        time.sleep(2)  # The helper is gone, and what a start needs is given back.
        for name, backend in self.cluster.backends.items():
            sizes[name.split("-")[0]].append(backend.node.resident_kb())
        s3, manual = (statistics.median(sizes[kind]) for kind in ("s3", "manual"))
        print(f"resident: s3 {s3} kB, manual {manual} kB", sizes, flush=True)
        self.assertLess(abs(s3 - manual), 300)


if __name__ == "__main__":
    unittest.main()
