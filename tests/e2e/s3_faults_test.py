"""Seeds in S3, where the store is less than Ceph's gateway or in trouble, and who signs: the helper
against small servers that do what a real one cannot be made to do."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from harness.http_service import Reply
from harness.metadata_server import Imds, MetadataServer
from harness.network import UNRESOLVABLE, Addresses
from harness.s3_case import ENVIRONMENT, SECRET, TOKEN, S3Case, at_once
from harness.s3_server import S3Server, error, skewed


class AgainstALesserStore(S3Case):
    def setUp(self):
        self.store = self.enterContext(S3Server(Addresses().take()))
        self.config = {"bucket": "seeds", "region": "here", "endpoint": self.store.url}

    def single(self):
        return [f"{entry['address']}:{entry['port']}"
                for entry in json.loads(self.store.objects["scrimplb"][0])["seeds"]]

    def test_without_conditional_writes_each_balancer_has_an_object_of_its_own(self):
        states = {}

        def push(port):
            for _ in range(10):
                states[port] = self.publish(self.config, port, states.get(port))

        at_once(push, (1, 2, 3))
        self.assertEqual(list(states.values()), [{"conditional": False}] * 3)
        self.assertEqual(sorted(self.seeds(self.config)), [f"10.0.0.5:{port}" for port in (1, 2, 3)])
        own = [key for key in self.store.objects if key.startswith("scrimplb.d/")]
        self.assertEqual(sorted(own), [f"scrimplb.d/10.0.0.5-{port}.json" for port in (1, 2, 3)])
        # For the original's backends, as well as it goes.
        self.assertLessEqual(set(self.single()), {f"10.0.0.5:{port}" for port in (1, 2, 3)})

    def test_conditional_writes_with_quoted_etags_are_found_and_used(self):
        self.store.conditional = True
        state = self.publish(self.config)
        self.assertEqual(state, {"conditional": True, "etag": "quoted"})
        self.publish(self.config, port=2, state=state)
        self.assertEqual(self.single(), ["10.0.0.5:9999", "10.0.0.5:2"])

    def test_what_was_found_is_not_tried_out_again(self):
        state = self.publish(self.config)
        before = len(self.store.requests)
        self.publish(self.config, state=state)
        paths = {request.path for request in self.store.requests[before:]}
        self.assertNotIn("/seeds/scrimplb.probe", paths)

    def is_probe(self, request):
        return request.method == "PUT" and request.path == "/seeds/scrimplb.probe"

    def test_neighbours_that_probe_at_the_same_moment_decide_nothing_for_life(self):
        self.store.conditional = self.store.new_etags = True

        def neighbour(request):
            if self.is_probe(request) and "If-Match" in request.headers:
                self.store.objects["scrimplb.probe"] = (b"theirs", time.time())

        self.store.fault = neighbour
        self.publish(self.config, port=1)
        state = self.publish(self.config, port=2)
        self.assertNotIn("conditional", state)
        self.assertEqual(self.single(), ["10.0.0.5:1", "10.0.0.5:2"])
        self.assertFalse([key for key in self.store.objects if key.startswith("scrimplb.d/")])
        for request in self.store.requests:
            if request.method == "PUT" and request.path == "/seeds/scrimplb":
                self.assertTrue({"If-Match", "If-None-Match"} & set(request.headers))
        self.store.fault = None
        self.assertEqual(self.publish(self.config, port=2, state=state),
                         {"conditional": True, "etag": "quoted"})

    def test_the_spelling_of_etags_that_a_store_takes_is_found(self):
        self.store.conditional = True
        for strange, code in ((400, "InvalidArgument"), (501, "NotImplemented")):
            def bare_is_wrong(request, status=strange, name=code):
                if not request.headers.get("If-Match", '"').startswith('"'):
                    return error(status, name)
                return None

            self.store.fault = bare_is_wrong
            for mode in ("auto", "conditional"):
                with self.subTest(code=code, mode=mode):
                    self.store.objects.clear()
                    config = {**self.config, "mode": mode}
                    self.publish(config, port=1)
                    self.assertEqual(self.publish(config, port=2),
                                     {"conditional": True, "etag": "quoted"})
                    self.assertEqual(self.single(), ["10.0.0.5:1", "10.0.0.5:2"])

    def test_a_store_that_takes_no_condition_asks_for_another_mode(self):
        self.publish(self.config, port=1)

        def no_conditions(request):
            if {"If-Match", "If-None-Match"} & set(request.headers):
                return error(501, "NotImplemented")
            return None

        self.store.fault = no_conditions
        self.refused("publish", {**self.config, "mode": "conditional"},
                     "answered 501 NotImplemented", "set 'mode' to 'prefix'")
        self.assertEqual(self.publish(self.config, port=2), {"conditional": False})
        self.assertEqual(set(self.single()), {"10.0.0.5:1", "10.0.0.5:2"})

    def test_a_store_that_refuses_every_condition_asks_for_another_mode_in_time(self):
        self.store.fault = lambda request: (
            error(412, "PreconditionFailed") if {"If-Match", "If-None-Match"} & set(request.headers)
            else None)
        self.refused("publish", {**self.config, "timeout": "4s"}, "was written by others",
                     "set 'mode' to 'prefix'")

    def test_the_single_object_is_written_beside_on_condition_where_the_store_honours_it(self):
        self.store.conditional = True
        config = {**self.config, "mode": "prefix"}
        self.publish(config, port=1)
        met = []

        def neighbour(request):
            if request.method == "PUT" and request.path == "/seeds/scrimplb" and not met:
                met.append(request)
                self.store.objects["scrimplb"] = (
                    b'{"seeds":[{"address":"10.0.0.5","port":"3"}]}', time.time())

        self.store.fault = neighbour
        self.publish(config, port=2)
        self.assertEqual(self.single(), ["10.0.0.5:3", "10.0.0.5:2"])

    def own_object(self, port, age):
        key = f"scrimplb.d/10.0.0.5-{port}.json"
        self.store.objects[key] = (b'{"seeds":[]}', time.time() - age)
        return key

    def test_who_comes_back_to_its_own_object_keeps_it(self):
        config = {**self.config, "mode": "prefix", "expiry": "1h"}
        dead, late, back = (self.own_object(port, hours * 3600)
                            for port, hours in ((1, 2.5), (2, 1.5), (3, 2.5)))

        def between_list_and_removal(request):
            if "list-type=2" not in request.path:
                return None
            self.store.fault = None
            reply = self.store.answer(request)
            self.store.objects[back] = (b'{"seeds":[]}', time.time())
            return reply

        self.store.fault = between_list_and_removal
        self.publish(config)
        self.assertNotIn(dead, self.store.objects)
        self.assertIn(late, self.store.objects, "it may be about to come back")
        self.assertIn(back, self.store.objects)

    def test_a_list_is_read_page_by_page_up_to_a_bound(self):
        self.store.page = 2
        for port in range(10, 31):
            self.own_object(port, 0)
        self.assertEqual(len(self.seeds(self.config)), 20)
        pages = [request for request in self.store.requests if "list-type=2" in request.path]
        self.assertEqual(len(pages), 10)
        self.store.page = 20
        self.assertEqual(len(self.seeds(self.config)), 21)

    def test_of_very_many_the_newest_are_told(self):
        self.store.page = 1000
        for port in range(1, 3001):
            self.own_object(port, 3000 - port)
        self.assertEqual(self.seeds({**self.config, "expiry": "1h"}),
                         [f"10.0.0.5:{port}" for port in range(2937, 3001)])

    def test_a_policy_for_the_single_object_alone_suffices(self):
        self.store.conditional = True
        self.store.denied = {"s3:ListBucket", "s3:PutObject scrimplb.probe"}
        state = self.publish(self.config, port=1)
        self.publish(self.config, port=2, state=state)
        self.assertEqual(self.seeds(self.config), ["10.0.0.5:1", "10.0.0.5:2"])

    def test_what_is_denied_is_named(self):
        self.store.denied = {"s3:GetObject scrimplb"}
        self.refused("fetch", self.config, "bucket 'seeds' denies s3:GetObject on 'scrimplb'",
                     "s3:ListBucket")

    def test_a_store_that_is_busy_for_a_moment_is_asked_again(self):
        busy = error(503, "SlowDown")
        self.store.faults = [busy, busy]
        self.assertEqual(self.seeds(self.config), [])
        self.store.fault = busy
        self.refused("fetch", self.config, "overloaded or out of order (503 SlowDown)")

    def test_the_right_region_is_named(self):
        config = {**self.config, "region": "there"}
        self.refused("fetch", config, "set 'region' to 'here'")
        self.store.fault = error(301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-3"})
        self.refused("fetch", config, "is in region 'eu-west-3', not in 'there'")

    def test_a_temporary_redirect_is_followed_once_and_only_to_the_store(self):
        other = self.enterContext(S3Server(self.store.address))
        other.objects["scrimplb"] = (b'{"seeds":[{"address":"10.0.0.9","port":"1"}]}', 0)
        self.store.fault = lambda request: Reply(
            307, headers={"Location": other.url + request.path})
        self.assertEqual(self.seeds(self.config), ["10.0.0.9:1"])
        self.assertIn("AWS4-HMAC-SHA256", other.requests[0].headers["Authorization"])
        other.fault = self.store.fault
        self.refused("fetch", self.config, "answered 307")
        stranger = self.enterContext(S3Server("127.0.0.1"))
        self.store.fault = Reply(307, headers={"Location": stranger.url + "/seeds/scrimplb"})
        self.refused("fetch", self.config, "answered 307")
        self.assertEqual(stranger.requests, [])

    def test_a_clock_that_is_off_is_told_by_how_much(self):
        self.store.fault = skewed(5 * 3600 + 60)
        self.refused("fetch", self.config, "this machine's clock is 5 h behind that of", "set-ntp")
        self.store.fault = skewed(-20 * 60 - 5)
        self.refused("publish", self.config, "this machine's clock is 20 min ahead of that of")

    def test_a_token_that_expired_is_told_and_not_repeated(self):
        self.store.fault = error(400, "ExpiredToken", Message=f"{TOKEN} has expired",
                                 Token=TOKEN)
        self.refused("fetch", self.config, "the session token of the environment has expired")
        self.store.fault = error(400, "Surprise", Message=f"{SECRET} surprises")
        self.refused("fetch", self.config, "answered 400 Surprise (... surprises)")

    def test_an_answer_that_is_cut_late_or_foreign_is_told(self):
        self.store.fault = Reply(200, "{", promised=100)
        self.refused("fetch", self.config, "broke off its answer")
        self.store.fault = Reply(200, "x" * 600_000)
        self.refused("fetch", self.config, "is larger than")
        self.store.fault = Reply(404, "<html>not here</html>")
        self.refused("fetch", self.config, "answered 404, and not as S3 does", "'endpoint'")
        over = threading.Event()
        self.addCleanup(over.set)
        self.store.fault = lambda _: over.wait(60) and None
        self.refused("fetch", {**self.config, "timeout": "1s"}, "did not answer in time")
        over.set()
        self.store.stop()
        self.refused("fetch", self.config, "no connection to")
        self.refused("fetch", {**self.config, "endpoint": f"http://{UNRESOLVABLE}"},
                     f"the name '{UNRESOLVABLE}' cannot be resolved")

    def test_tls_is_verified(self):
        directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, directory)
        certificate = [os.path.join(directory, name) for name in ("chain.pem", "key.pem")]
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "7", "-subj", "/CN=store",
                        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext",
                        f"subjectAltName=IP:{self.store.address}", "-keyout", certificate[1],
                        "-out", certificate[0]], check=True, capture_output=True)
        store = self.enterContext(S3Server(self.store.address, certificate=certificate))
        config = {**self.config, "endpoint": store.url}
        self.refused("fetch", config, "is not trusted", "'ca-file'")
        self.assertEqual(self.seeds({**config, "ca-file": certificate[0]}), [])
        self.refused("fetch", {**config, "endpoint": self.store.url.replace("http:", "https:")},
                     "no TLS with")


class Credentials(S3Case):
    """Whoever signs is told by the server from what it receives."""

    def setUp(self):
        addresses = Addresses()
        self.store = self.enterContext(S3Server(addresses.take()))
        self.address = addresses.take()
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.config = {"bucket": "seeds", "region": "here", "endpoint": self.store.url}

    def signed_by(self, environment, **settings):
        self.store.requests.clear()
        self.seeds({**self.config, **settings}, environment=environment)
        return self.store.requests[0].headers["Authorization"].split("Credential=")[1].split("/")[0]

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_profile_of_the_shared_file(self):
        path = self.write("credentials", "[default]\naws_access_key_id=first\n"
                          f"aws_secret_access_key={SECRET}\n[other]\naws_access_key_id=second\n"
                          f"aws_secret_access_key={SECRET}\naws_session_token={TOKEN}\n")
        variables = {"AWS_SHARED_CREDENTIALS_FILE": path}
        self.assertEqual(self.signed_by(variables), "first")
        self.assertNotIn("x-amz-security-token", self.store.requests[0].headers)
        self.assertEqual(self.signed_by(variables | {"AWS_PROFILE": "other"}), "second")
        self.assertEqual(self.store.requests[0].headers["x-amz-security-token"], TOKEN)
        self.assertEqual(self.signed_by(variables | ENVIRONMENT), "AKIATESTKEY")
        configured = {"credentials-file": path, "profile": "other"}
        self.assertEqual(self.signed_by(ENVIRONMENT, **configured), "second")

    def test_a_container_service(self):
        service = self.enterContext(MetadataServer(self.address))
        service.pages["/v1/role"] = json.dumps(
            {"AccessKeyId": "container", "SecretAccessKey": SECRET, "Token": TOKEN})
        variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/v1/role",
                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": self.write("token", "told\n")}
        self.assertEqual(self.signed_by(variables), "container")
        self.assertEqual(service.requests[0].headers["Authorization"], "told")

    def test_an_instance_role(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        imds = self.enterContext(Imds(self.address))
        imds.pages[roles] = "balancer"
        imds.pages[roles + "balancer"] = json.dumps(
            {"Code": "Success", "AccessKeyId": "instance", "SecretAccessKey": SECRET,
             "Token": TOKEN})
        variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url}
        self.assertEqual(self.signed_by(variables), "instance")
        del imds.pages[roles]
        self.refused("fetch", self.config, "no credentials; environment: AWS_ACCESS_KEY_ID is not "
                     "set", "instance role:", "answered 404 when asked for a role; attach one",
                     environment=variables)
        imds.stop()
        self.refused("fetch", self.config, "instance role: no connection to",
                     environment=variables)


if __name__ == "__main__":
    unittest.main()
