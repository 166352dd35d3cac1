"""What others reach this host at, as metadata services and the DNS tell: the helper by itself."""

import shutil
import tempfile
import time
import unittest

from harness.dns_server import DnsServer
from harness.helper import ask
from harness.http_service import Reply
from harness.metadata_server import Gcp, Imds, MetadataServer, droplet, hetzner
from harness.network import Addresses, free_port, has_ipv6

LOCAL, PUBLIC = "10.0.0.5", "203.0.113.7"


class ResolverCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.addresses = Addresses()

    def serve(self, server):
        return self.enterContext(server)

    def assert_resolved(self, resolver, address, **config):
        answer = ask("resolve", resolver, config)
        self.assertEqual((answer.exit_code, answer.error), (0, None))
        self.assertEqual(answer.address, address)

    def assert_refused(self, resolver, *parts, environment=None, **config):
        """One sentence with every part; a second or two, not a hang."""
        begin = time.monotonic()
        answer = ask("resolve", resolver, config, environment=environment)
        self.assertLess(time.monotonic() - begin, 8)
        self.assertNotEqual(answer.exit_code, 0)
        for part in parts:
            self.assertIn(part, answer.error)
        self.assertNotIn("\n", answer.error)
        self.assertEqual(answer.stderr, "")
        return answer.error


class Ec2(ResolverCase):
    def imds(self, **options):
        return self.serve(Imds(self.addresses.take(), **options))

    def test_a_token_is_fetched_and_every_question_carries_it(self):
        imds = self.imds(local_ipv4=LOCAL)
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url)
        self.assertEqual(imds.paths(), ["PUT /latest/api/token", "GET /latest/meta-data/local-ipv4"])
        self.assertEqual(imds.requests[1].headers["X-aws-ec2-metadata-token"], "AQAEAtoken0==")

    def test_scope_and_family_choose_the_address(self):
        imds = self.imds(local_ipv4=LOCAL, public_ipv4=PUBLIC, ipv6="2001:db8::5")
        self.assert_resolved("ec2", PUBLIC, endpoint=imds.url, scope="public")
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url, scope="private", family="ipv4")
        self.assert_resolved("ec2", "2001:db8::5", endpoint=imds.url, family="ipv6")

    def test_a_machine_without_ipv4_is_found_by_ipv6(self):
        imds = self.imds(ipv6="2001:db8::5")
        self.assert_resolved("ec2", "2001:db8::5", endpoint=imds.url)
        self.assert_refused("ec2", "no private IPv4 address", "family", endpoint=imds.url,
                            family="ipv4")
        self.assert_refused("ec2", "no public IPv4 address", endpoint=imds.url, family="ipv4",
                            scope="public")

    def test_the_environment_names_another_endpoint_as_for_the_aws_tools(self):
        imds = self.imds(local_ipv4=LOCAL)
        answer = ask("resolve", "ec2", {},
                     environment={"AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url + "/"})
        self.assertEqual(answer.address, LOCAL)

    def test_no_proxy_is_asked_the_way_to_a_neighbour(self):
        imds = self.imds(local_ipv4=LOCAL)
        answer = ask("resolve", "ec2", {"endpoint": imds.url},
                     environment={"http_proxy": f"http://{self.addresses.take()}:1"})
        self.assertEqual(answer.address, LOCAL)

    def test_a_token_that_runs_out_is_replaced(self):
        # Good for one question: the second, for IPv6, meets a 401.
        imds = self.imds(uses=1, ipv6="2001:db8::5")
        self.assert_resolved("ec2", "2001:db8::5", endpoint=imds.url)
        self.assertEqual(imds.paths().count("PUT /latest/api/token"), 2)

    def test_a_token_that_is_never_accepted_ends_in_a_sentence(self):
        imds = self.imds(uses=0, local_ipv4=LOCAL)
        self.assert_refused("ec2", "refuses the token", endpoint=imds.url)
        self.assertEqual(imds.paths().count("PUT /latest/api/token"), 2)

    def test_version_1_is_used_only_if_allowed(self):
        imds = self.imds(versions=(1,), local_ipv4=LOCAL)
        self.assert_refused("ec2", "IMDSv2 token", "allow-imdsv1", endpoint=imds.url)
        self.assertEqual(imds.paths(), ["PUT /latest/api/token"])
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url, **{"allow-imdsv1": True})

    def test_version_2_is_preferred_where_version_1_is_allowed(self):
        imds = self.imds(versions=(1, 2), local_ipv4=LOCAL)
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url, **{"allow-imdsv1": True})
        self.assertIn("X-aws-ec2-metadata-token", imds.requests[-1].headers)

    def test_nobody_there_means_no_ec2(self):
        address = self.addresses.take()
        endpoint = f"http://{address}:{free_port(address)}"
        for allowed in (False, True):
            self.assert_refused("ec2", f"no answer at {endpoint}", "not an EC2 instance",
                                endpoint=endpoint, **{"allow-imdsv1": allowed})

    def test_a_token_that_never_arrives_means_a_container(self):
        imds = self.imds(local_ipv4=LOCAL)
        imds.delays[Imds.TOKEN] = 4
        self.assert_refused("ec2", "hop limit to 2", endpoint=imds.url)

    def test_a_token_that_never_arrives_is_done_without_where_allowed(self):
        imds = self.imds(versions=(1, 2), local_ipv4=LOCAL)
        imds.delays[Imds.TOKEN] = 2.5
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url, **{"allow-imdsv1": True})

    def test_a_service_that_is_switched_off_is_told_from_none(self):
        imds = self.imds(local_ipv4=LOCAL)
        imds.replies[Imds.TOKEN] = Reply(403)
        self.assert_refused("ec2", "switched off", endpoint=imds.url)

    def test_trouble_is_named_by_its_status(self):
        imds = self.imds(local_ipv4=LOCAL)
        imds.replies["/latest/meta-data/local-ipv4"] = Reply(503)
        self.assert_refused("ec2", "503", "local-ipv4", endpoint=imds.url)

    def test_bad_settings_are_named_by_their_key(self):
        self.assert_refused("ec2", "scope", "'global'", scope="global")
        self.assert_refused("ec2", "family", "'ipv5'", family="ipv5")
        self.assert_refused("ec2", "timeout", timeout="soon")


class Answers(ResolverCase):
    """Whatever a metadata service sends, it is an address or a sentence."""

    PATH = "/latest/meta-data/local-ipv4"

    def assert_nonsense(self, reply, *parts):
        imds = self.serve(Imds(self.addresses.take()))
        imds.replies[self.PATH] = reply
        self.assert_refused("ec2", *parts, endpoint=imds.url, family="ipv4")

    def test_white_space_around_an_address_is_no_part_of_it(self):
        imds = self.serve(Imds(self.addresses.take(), local_ipv4=f" {LOCAL}\r\n"))
        self.assert_resolved("ec2", LOCAL, endpoint=imds.url)

    def test_nonsense_is_quoted_and_cut(self):
        self.assert_nonsense(Reply(200, "<html>hello</html>"), "<html>hello</html>",
                             "no IPv4 address")
        self.assert_nonsense(Reply(200, "\x1b[31m\x00red" + "x" * 5000), "\\x1b[31m", "...")

    def test_an_address_of_the_other_family_is_refused(self):
        self.assert_nonsense(Reply(200, "2001:db8::1"), "no IPv4 address")

    def test_an_unspecified_address_is_refused(self):
        self.assert_nonsense(Reply(200, "0.0.0.0"), "no IPv4 address")

    def test_a_huge_answer_is_cut_off(self):
        self.assert_nonsense(Reply(200, "1" * 2_000_000), "larger than 65536 bytes")

    def test_a_broken_answer_is_no_address(self):
        self.assert_nonsense(Reply(200, "10.0", promised=8), "broke off")
        self.assert_nonsense(Reply(0, raw=b"\x00\x01\x02 garbage\r\n\r\n"), "no HTTP")

    def test_a_slow_answer_is_not_waited_for(self):
        imds = self.serve(Imds(self.addresses.take(), local_ipv4=LOCAL))
        imds.delays[self.PATH] = 4
        self.assert_refused("ec2", "did not answer in time", endpoint=imds.url)


class Clouds(ResolverCase):
    INTERFACE = {"ip": "10.128.0.2", "mac": "42:01:0a:80:00:02", "mtu": 1460,
                 "accessConfigs": [{"externalIp": PUBLIC, "type": "ONE_TO_ONE_NAT"}],
                 "ipv6s": ["2600:1900::5"], "forwardedIps": []}

    def test_google_is_asked_as_it_demands(self):
        gcp = self.serve(Gcp(self.addresses.take(), self.INTERFACE))
        self.assert_resolved("gcp", "10.128.0.2", endpoint=gcp.url)
        self.assert_resolved("gcp", PUBLIC, endpoint=gcp.url, scope="public")
        self.assert_resolved("gcp", "2600:1900::5", endpoint=gcp.url, family="ipv6")

    def test_google_without_an_external_address_has_none(self):
        bare = {"ip": "10.128.0.2", "accessConfigs": [{"externalIp": ""}]}
        gcp = self.serve(Gcp(self.addresses.take(), bare))
        self.assert_refused("gcp", "Google Compute Engine knows no public address",
                            endpoint=gcp.url, scope="public")
        self.assert_refused("gcp", "no private IPv6 address", endpoint=gcp.url, family="ipv6")

    def test_who_does_not_answer_as_google_does_is_not_google(self):
        impostor = self.serve(MetadataServer(self.addresses.take()))
        impostor.pages[Gcp.INTERFACE] = '{"ip":"10.66.66.66"}'
        self.assert_refused("gcp", "not Google's", endpoint=impostor.url)

    def test_google_in_other_words_is_refused(self):
        gcp = self.serve(Gcp(self.addresses.take(), self.INTERFACE))
        for text in ("[]", "{", "null", '{"ip":["10.0.0.1"]}', '{"accessConfigs":{}}'):
            gcp.pages[Gcp.INTERFACE] = text
            self.assert_refused("gcp", endpoint=gcp.url)

    def test_digitalocean(self):
        server = self.serve(droplet(self.addresses.take(), public_ipv4=PUBLIC,
                                    private_ipv4=LOCAL, public_ipv6="2604:a880::5"))
        self.assert_resolved("digitalocean", LOCAL, endpoint=server.url)
        self.assert_resolved("digitalocean", PUBLIC, endpoint=server.url, scope="public")
        self.assert_resolved("digitalocean", "2604:a880::5", endpoint=server.url, family="ipv6")

    def test_a_droplet_without_a_private_network_says_so(self):
        server = self.serve(droplet(self.addresses.take(), public_ipv4=PUBLIC))
        self.assert_refused("digitalocean", "DigitalOcean knows no private address", "scope",
                            endpoint=server.url)

    def test_hetzner(self):
        server = self.serve(hetzner(self.addresses.take(), public="203.0.113.9",
                                    private=["10.0.0.2", "10.1.0.2"]))
        self.assert_resolved("hetzner", "10.0.0.2", endpoint=server.url)
        self.assert_resolved("hetzner", "203.0.113.9", endpoint=server.url, scope="public")
        self.assert_refused("hetzner", "IPv6", "'interface'", endpoint=server.url, family="ipv6")

    def test_a_hetzner_server_without_a_private_network_says_so(self):
        server = self.serve(hetzner(self.addresses.take()))
        self.assert_refused("hetzner", "Hetzner knows no private IPv4 address", endpoint=server.url)

    def test_elsewhere_each_says_that_it_is_elsewhere(self):
        address = self.addresses.take()
        endpoint = f"http://{address}:{free_port(address)}"
        for name, words in (("gcp", "Google Compute Engine"), ("digitalocean", "droplet"),
                            ("hetzner", "Hetzner Cloud")):
            self.assert_refused(name, f"no answer at {endpoint}", words, endpoint=endpoint)


class Dns(ResolverCase):
    def name_server(self, *records, address=None):
        server = self.serve(DnsServer(address or self.addresses.take(), self.directory))
        server.start(*records)
        return server

    def test_our_name_is_asked_of_the_given_server(self):
        server = self.name_server(f"host-record=me.scrimp.test,{LOCAL},fd00::5")
        self.assert_resolved("dns", LOCAL, name="me.scrimp.test", server=server.name)
        self.assert_resolved("dns", "fd00::5", name="me.scrimp.test", server=server.name,
                             family="ipv6")

    def test_of_several_addresses_the_same_one_is_chosen_each_time(self):
        addresses = [f"10.0.0.{last}" for last in (9, 7, 8)]
        server = self.name_server(*(f"host-record=me.scrimp.test,{ip}" for ip in addresses))
        for _ in range(4):
            self.assert_resolved("dns", "10.0.0.7", name="me.scrimp.test", server=server.name)

    def test_a_name_in_etc_hosts_needs_no_server(self):
        self.assert_resolved("dns", "127.0.0.1", name="localhost", family="ipv4")

    def test_an_unknown_name_is_named(self):
        server = self.name_server()
        self.assert_refused("dns", "'me.scrimp.test' does not exist", server.name,
                            name="me.scrimp.test", server=server.name)

    def test_a_name_without_an_address_of_the_family_says_so(self):
        server = self.name_server(f"host-record=me.scrimp.test,{LOCAL}")
        self.assert_refused("dns", "has no IPv6 address", name="me.scrimp.test", family="ipv6",
                            server=server.name)

    def test_what_debian_enters_for_the_host_itself_is_not_taken(self):
        server = self.name_server("host-record=me.scrimp.test,127.0.1.1")
        self.assert_refused("dns", "127.0.1.1", "/etc/hosts", name="me.scrimp.test",
                            server=server.name)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 loopback")
    def test_a_name_server_is_reached_by_ipv6_too(self):
        server = self.name_server(f"host-record=me.scrimp.test,{LOCAL}", address="::1")
        self.assert_resolved("dns", LOCAL, name="me.scrimp.test", server=server.name)


if __name__ == "__main__":
    unittest.main()
