"""The metadata services of clouds, as they document themselves, for a machine that is none.

EC2     docs.aws.amazon.com, "Use the Instance Metadata Service to access instance metadata"
GCP     cloud.google.com/compute/docs/metadata: header Metadata-Flavor both ways, ?recursive=true
Droplet docs.digitalocean.com/reference/api/metadata
Hetzner docs.hetzner.cloud, "Server Metadata"
"""

import json
import time

from .http_service import HttpService, Reply


class MetadataServer(HttpService):
    """`pages` is {path: text}; what is not there is a 404. `delays` is {path: seconds}, `replies`
    {path: Reply} come before everything else."""

    def __init__(self, address):
        super().__init__(address)
        self.pages = {}
        self.delays = {}
        self.replies = {}

    def serve(self, request):
        time.sleep(self.delays.get(request.path, 0))
        return super().serve(request)

    def answer(self, request):
        if request.path in self.replies:
            return self.replies[request.path]
        return self.answer_well(request)

    def answer_well(self, request):
        if request.method == "GET" and request.path in self.pages:
            return Reply(200, self.pages[request.path], {"Content-Type": "text/plain"})
        return Reply(404, "Not Found")

    def paths(self):
        """Of the requests so far, with their methods."""
        return [f"{request.method} {request.path}" for request in self.requests]


class Imds(MetadataServer):
    """EC2's. `versions` says what is served; `uses` is what a token is good for before it has run
    out (which the real one measures in seconds)."""

    TOKEN = "/latest/api/token"

    def __init__(self, address, versions=(2,), uses=1000, **data):
        super().__init__(address)
        self.versions = versions
        self.uses = uses
        self.pages = {f"/latest/meta-data/{key.replace('_', '-')}": text
                      for key, text in data.items()}
        self._given = {}

    def answer_well(self, request):
        if request.path == self.TOKEN:
            return self._give_token(request)
        token = request.headers.get("X-aws-ec2-metadata-token")
        if token is None:
            return super().answer_well(request) if 1 in self.versions else Reply(401)
        if self._given.get(token, 0) < 1:
            return Reply(401)
        self._given[token] -= 1
        return super().answer_well(request)

    def _give_token(self, request):
        if 2 not in self.versions:
            return Reply(404)
        lifetime = int(request.headers.get("X-aws-ec2-metadata-token-ttl-seconds", 0))
        if request.method != "PUT":
            return Reply(405)
        if not 1 <= lifetime <= 21600:
            return Reply(400)
        token = f"AQAEAtoken{len(self._given)}=="
        self._given[token] = self.uses
        return Reply(200, token)


class Gcp(MetadataServer):
    """Google's; `interface` as instance/network-interfaces/0/?recursive=true shows it."""

    INTERFACE = "/computeMetadata/v1/instance/network-interfaces/0/?recursive=true"

    def __init__(self, address, interface):
        super().__init__(address)
        self.pages = {self.INTERFACE: json.dumps(interface)}

    def answer_well(self, request):
        if request.headers.get("Metadata-Flavor") != "Google":
            return Reply(403, "Missing Metadata-Flavor:Google header.")
        reply = super().answer_well(request)
        reply.headers.update({"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"})
        return reply


def droplet(address, **addresses):
    """DigitalOcean's: public_ipv4="203.0.113.7", private_ipv4=…, public_ipv6=…"""
    server = MetadataServer(address)
    for key, text in addresses.items():
        scope, family = key.split("_")
        server.pages[f"/metadata/v1/interfaces/{scope}/0/{family}/address"] = text
    return server


def hetzner(address, public="203.0.113.9", private=()):
    server = MetadataServer(address)
    server.pages["/hetzner/v1/metadata/public-ipv4"] = public
    server.pages["/hetzner/v1/metadata/private-networks"] = "".join(
        f"- ip: {ip}\n  alias_ips: []\n  interface_num: {number}\n"
        f"  mac_address: 86:00:00:2a:7d:e{number}\n  network_id: 12{number}\n"
        f"  network_name: nw-{number}\n  network: 10.0.0.0/8\n  subnet: 10.0.0.0/24\n"
        f"  gateway: 10.0.0.1\n" for number, ip in enumerate(private, 1)) or "[]\n"
    return server
