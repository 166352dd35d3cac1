"""A certificate authority of the tests', by openssl's command line."""

import os
import subprocess

NEW_EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
NEW_RSA = ["-newkey", "rsa:2048"]


def _openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """Its own certificate is `path`; with `other`, which is PEM too, before it."""

    def __init__(self, directory, other):
        self._directory = os.path.join(directory, "authority")
        os.makedirs(self._directory)
        self._certificate = os.path.join(self._directory, "ca.pem")
        self._key = os.path.join(self._directory, "ca.key")
        self._made = 0
        _openssl("req", "-x509", "-nodes", "-days", "90", "-subj", "/CN=tests", *NEW_EC,
                 "-keyout", self._key, "-out", self._certificate)
        self.path = os.path.join(self._directory, "trusted.pem")
        with open(self.path, "w", encoding="ascii") as trusted:
            for pem in (other, self._certificate):
                with open(pem, encoding="ascii") as text:
                    trusted.write(text.read())

    def sign(self, *domains, new=None, days=89):
        """(chain, key) for these domains, as texts."""
        self._made += 1
        stem = os.path.join(self._directory, str(self._made))
        names = ",".join(f"DNS:{domain}" for domain in domains)
        with open(f"{stem}.ext", "w", encoding="ascii") as extensions:
            extensions.write(f"subjectAltName={names}\n")
        _openssl("req", "-nodes", "-subj", "/CN=x", *(new or NEW_EC), "-keyout", f"{stem}.key",
                 "-out", f"{stem}.csr")
        _openssl("x509", "-req", "-in", f"{stem}.csr", "-CA", self._certificate, "-CAkey",
                 self._key, "-set_serial", str(self._made), "-days", str(days), "-extfile",
                 f"{stem}.ext", "-out", f"{stem}.crt")
        texts = []
        for ending in ("crt", "key"):
            with open(f"{stem}.{ending}", encoding="ascii") as made:
                texts.append(made.read())
        return tuple(texts)
