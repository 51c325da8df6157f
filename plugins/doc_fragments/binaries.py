# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment(object):
    """The files of runtimes, and how their sources come (BINARIES_SPEC)."""

    DOCUMENTATION = r"""
options:
  binaries:
    description:
      - What is wanted, an element for each runtime.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the receipt. Letters, digits, V(.), V(_) and V(-).
        type: str
        required: true
      version:
        description:
          - The version, as a note in the receipt and in results. Another version is an upgrade, or a downgrade.
        type: str
        default: ''
      url:
        description:
          - Where the archive or file is fetched from. It has to be V(https) unless O(allow_http=true), and so has
            every address that
            it redirects to.
          - A user and a password in it are refused. Give them by O(headers).
        type: str
      src:
        description:
          - The archive or file, on the controller (looked for as P(ansible.builtin.file#lookup) would) or, with
            O(binaries[].remote_src=true), on the host.
          - One of O(binaries[].url), O(binaries[].src), O(binaries[].architectures) and O(binaries[].build) has to be given
            where O(binaries[].state=present), unless its files have their O(binaries[].files[].content).
        type: str
      remote_src:
        description:
          - Whether O(binaries[].src) lies on the host.
        type: bool
        default: false
      checksum:
        description:
          - V(sha256:) or V(sha512:) and the digest of the archive or file. It is verified before anything is unpacked.
          - Required with O(binaries[].url).
          - Without it, O(binaries[].src) is taken as it is, and its own digest tells whether it changed.
        type: str
      signature:
        description:
          - The OpenPGP signature of the archive or file, besides its O(binaries[].checksum). It is verified by C(gpgv) when the source
            is fetched, after the checksum and before anything is unpacked, on the machine that has the source, which is the host, or
            the controller with O(fetch=controller) and with a O(binaries[].src) of the controller's.
          - What is installed already is known by its checksum, and is not verified again.
        type: dict
        suboptions:
          url:
            description:
              - Where the detached signature is fetched from, armored or not.
            type: str
          src:
            description:
              - The detached signature as a file that lies where O(binaries[].src) does. One of this and
                O(binaries[].signature.url) has to be given.
            type: str
          key:
            description:
              - The public keys that are trusted, armored, as text; or the absolute path of a file of keys on the machine that has
                the source.
            type: str
            required: true
      architectures:
        description:
          - Sources for hosts of several architectures. The keys are machines as C(uname -m) says them, such as V(x86_64) and
            V(aarch64); the values are dictionaries of C(checksum), one of C(url) and C(src), and C(signature), as beside it.
        type: dict
        default: {}
      build:
        description:
          - A command that makes the archive or file on the host. It runs before anything is changed, and again only when another
            O(binaries[].version) or command is asked for, or what it made has to be repaired. Nothing stays of its folder, nor of what it
            leaves in E(TMPDIR), which is a folder of its own too where the task's environment names none.
        type: dict
        suboptions:
          argv:
            description:
              - The program and its arguments. V({folder}) in them stands for an empty folder that its output has to be put in.
            type: list
            elements: str
            required: true
          stdin:
            description:
              - What it reads from its standard input.
            type: str
            default: ''
          output:
            description:
              - The path of what it makes, below V({folder}).
            type: str
            required: true
          timeout:
            description:
              - How many seconds it may take.
            type: int
            default: 3600
      files:
        description:
          - What goes where. Required where O(binaries[].state=present).
        type: list
        elements: dict
        default: []
        suboptions:
          src:
            description:
              - The path of a file or folder in the archive. V(.) is all of it. A folder is one unit, with everything
                in it.
              - Left out where the source is no archive but the file itself.
              - The archive may be tar, plain or compressed with gzip, bzip2, xz or zstd, or zip. What it is is seen
                from its content.
                For zstd the host needs the program C(zstd), or Python 3.14.
            type: str
            default: ''
          content:
            description:
              - The file's text, for a configuration file. There is no source then, and every file of this name has its content.
            type: str
          dest:
            description:
              - The absolute path that it gets. Missing folders above it are made, and removed when nothing of ours is
                in them.
            type: str
            required: true
          mode:
            description:
              - The mode of a file, as octal digits in quotes. Without it V("0755"), with O(binaries[].files[].content)
                V("0644"). No set-id or sticky bits.
              - The files of a folder have the archive's modes, without set-id bits and without write permission for
                group and others.
            type: raw
          owner:
            description:
              - A user's name or number; the task's user without it. What the archive says is never taken over.
            type: str
            default: ''
          group:
            description:
              - A group's name or number; that of the task's user without it.
            type: str
            default: ''
      replace:
        description:
          - Whether a file that was there before may be replaced. It is set aside with everything that belongs to it,
            below
            C(/var/lib/slipway-runtimes/kept) or the user's own state folder, and comes back on removal.
        type: bool
        default: false
      verify:
        description:
          - Whether executable files are asked for their version before they are put in place, shims of containerd by
            C(-v) and others by C(--version). They have to come to an end in 10 seconds, with any exit code. A missing
            shared library or another architecture is then told, and the old files stay.
          - Of a folder only the architecture of its programs is looked at.
        type: bool
        default: true
      set:
        description:
          - A name for what belongs together, with O(binaries[].state=absent). M(slipway.runtimes.host_runtimes) does not take
            away what a runtime that stays registered still uses, nor anything else of its set.
        type: str
        default: ''
      state:
        description:
          - Whether the files are there. V(absent) removes what the receipt lists and gives back what was there before;
            of the other
            options only the name counts then.
        type: str
        choices:
          - present
          - absent
        default: present
  fetch:
    description:
      - Who fetches O(binaries[].url). With V(controller), the controller fetches and verifies it once a run for all
        hosts, and
        hands it on to those that need it. O(proxy), O(ca_path) and the environment are then the controller's.
    type: str
    choices:
      - host
      - controller
    default: host
  integrity:
    description:
      - How it is seen that files are still what was installed. V(stat) reads a file only where its stat (inode, size,
        times, mode and
        owner) is not the one in the receipt. V(digest) reads every file each time.
    type: str
    choices:
      - stat
      - digest
    default: stat
  headers:
    description:
      - Headers for every download, such as C(Authorization) for a private mirror. They are told to no other server
        that it may
        redirect to. They are never shown.
    type: dict
    default: {}
  proxy:
    description:
      - The address of a proxy for downloads. Never shown. An empty string is none. Without it, the environment
        variables
        C(https_proxy), C(http_proxy) and C(no_proxy) count.
    type: str
  mirror:
    description:
      - A base address that takes the place of scheme, host and port in every O(binaries[].url), with its path in
        front. C({host}) in
        it stands for the host that was replaced.
      - With V(https://mirror.example/{host}), V(https://github.com/a/b.tar.gz) is fetched from
        V(https://mirror.example/github.com/a/b.tar.gz).
    type: str
  allow_http:
    description:
      - Whether O(binaries[].url) and O(mirror) may be V(http). A redirect from V(https) to V(http) is refused all the
        same.
    type: bool
    default: false
  timeout:
    description:
      - How many seconds a server may be silent.
    type: int
    default: 30
  ca_path:
    description:
      - A file of PEM certificates, or a folder of them with hashed names, of authorities that are trusted besides
        those of the system.
    type: str
  max_size:
    description:
      - The most bytes that a download may have.
    type: int
    default: 2147483648
"""
