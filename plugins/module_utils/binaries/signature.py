# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenPGP signatures of sources, checked by gpgv against the keys that the user trusts. On a host or on the controller."""

import base64
import binascii
import os
import re
import shutil
import subprocess
import tempfile
from typing import List

from ..core.errors import SlipwayError
from .wanted import Binary, Signature

PROGRAM = "gpgv"
# A signature is a few hundred bytes; several of them a few thousand.
MAX_SIZE = 1 << 20
SECONDS = 120

_PATH = ":/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
_BLOCK = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)


def verify(binary: Binary, path: str, signature: str) -> None:
    """Raises SlipwayError unless what lies at path was signed by one of the user's keys. signature: the path of the
    detached signature, armored or not."""
    asked = binary.signature
    if asked is None:
        return
    option = binary.option + ".signature"
    program = shutil.which(PROGRAM, path=os.environ.get("PATH", "") + _PATH)
    if program is None:
        raise SlipwayError(
            "gpgv_missing", "%s: the program gpgv, which checks it, is not on the machine that has the file (%s); install it "
            "(package gpgv on Debian and Ubuntu, gnupg2 elsewhere), or leave 'signature' out" % (option, os.uname().nodename),
            option=option)
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        keyring = os.path.join(folder, "keys.gpg")
        with open(keyring, "wb") as out:
            out.write(_keys(asked, option + ".key"))
        words = [program, "--homedir", folder, "--status-fd", "1", "--keyring", keyring, signature, path]
        try:
            # Not AnsibleModule.run_command: the controller checks signatures as well.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS, check=False,
                env={"PATH": os.environ.get("PATH", "") + _PATH, "LC_ALL": "C", "HOME": folder})
        except subprocess.TimeoutExpired:
            raise SlipwayError(
                "signature_refused", "%s: gpgv did not end within %d s" % (option, SECONDS), option=option)
    status = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or "[GNUPG:] VALIDSIG " not in status:
        raise SlipwayError(
            "signature_refused", "%s: the file is not what the owner of one of these keys has signed: %s; nothing of it was "
            "unpacked" % (option, _said(status, done.stderr.decode("utf-8", "replace"))), option=option)


def _keys(asked: Signature, option: str) -> bytes:
    """The keys as gpgv reads them, which knows no armor. Raises SlipwayError."""
    raw = asked.key.encode("utf-8", "surrogateescape")
    if asked.key.startswith("/"):
        try:
            with open(asked.key, "rb") as source:
                raw = source.read()
        except OSError as error:
            raise SlipwayError(
                "bad_key", "%s: %s cannot be read on the machine that has the file: %s" % (
                    option, asked.key, error.strerror), option=option)
    if b"-----BEGIN PGP" not in raw and raw:
        return raw
    found = b"".join(_unarmored(block, option) for block in _BLOCK.findall(raw.decode("ascii", "replace")))
    if not found:
        raise SlipwayError("bad_key", "%s: there is no PGP public key in it" % option, option=option)
    return found


def _unarmored(block: str, option: str) -> bytes:
    """A block's bytes: its headers end at the first empty line, and '=' begins its checksum."""
    lines = [line.strip() for line in block.splitlines()]
    body = lines[lines.index("") + 1:] if "" in lines else lines
    text = "".join(line for line in body if not (line.startswith("=") and len(line) == 5))
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SlipwayError("bad_key", "%s: a PGP public key in it is broken" % option, option=option)


def _said(status: str, error: str) -> str:
    """Why, in gpgv's words."""
    for word, meaning in (
        ("BADSIG", "the signature is another file's, or the file was changed"), ("NO_PUBKEY", "it is signed by another key"),
        ("EXPKEYSIG", "the key has expired"), ("REVKEYSIG", "the key was revoked"), ("EXPSIG", "the signature has expired"),
        ("NODATA", "what was fetched as its signature is none"),
    ):
        found: List[str] = re.findall(r"(?m)^\[GNUPG:\] %s ?(\S*)" % word, status)
        if found:
            return meaning + (" (%s)" % found[0] if len(found[0]) >= 8 else "")
    return " / ".join(line.strip() for line in error.splitlines() if line.strip())[-500:] or "no word"
