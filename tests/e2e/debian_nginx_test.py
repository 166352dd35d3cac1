"""The candidate inside Debian's own nginx configuration, as it is installed: a copy of /etc/nginx is
what `check-nginx` is pointed at, so nothing of this machine's is touched."""

import os
import pathlib
import shutil
import tempfile
import unittest

from harness.nginx import make_certificate
from harness.node import scrimplb

DEBIAN = pathlib.Path("/etc/nginx")

CANDIDATE = """
server {{
    listen 80 default_server;
    location / {{ return 301 https://$host$request_uri; }}
}}
server {{
    listen 443 ssl default_server;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    return 503;
}}
"""


@unittest.skipUnless(os.geteuid() == 0, "nginx -t opens Debian's logs, which needs root")
class DebiansNginx(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="scrimp-")))
        self.nginx = folder / "nginx"
        shutil.copytree(DEBIAN, self.nginx, symlinks=True)
        main = self.nginx / "nginx.conf"
        main.write_text(main.read_text().replace(str(DEBIAN), str(self.nginx)))
        # As a fresh installation has it, whatever became of it on this machine.
        self.default_site = self.nginx / "sites-enabled" / "default"
        self.default_site.unlink(missing_ok=True)
        self.default_site.symlink_to(self.nginx / "sites-available" / "default")
        chain, key = make_certificate(str(folder))
        self.candidate = self.nginx / "conf.d" / ".scrimplb.conf.candidate"
        self.candidate.write_text(CANDIDATE.format(chain=chain, key=key))
        self.target = self.nginx / "conf.d" / "scrimplb.conf"

    def check(self):
        return scrimplb("check-nginx", "--main", str(self.nginx / "nginx.conf"),
                        str(self.candidate), str(self.target))

    def test_the_default_site_is_in_the_way_and_the_remedy_is_told(self):
        result = self.check()
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("sites-enabled/default", result.stdout + result.stderr)
        self.assertFalse(self.target.exists())

    def test_without_the_default_site_the_candidate_is_good(self):
        self.default_site.unlink()
        result = self.check()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        left = [path.name for path in self.nginx.iterdir() if path.name.startswith(".")]
        self.assertEqual(left, [], "nothing is left behind")


if __name__ == "__main__":
    unittest.main()
