# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runtime_binary does on a host.

check gets, verifies, unpacks, tries and stages everything beside its destination, under a journal of its own; commit
swaps; apply writes the receipts; observe reads back what is in place; withdraw takes away what is wanted no more; settle
throws away what was there before.
"""

import contextlib
import grp
import hashlib
import io
import json
import os
import pwd
import re
import shutil
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from ..core import host, receipts as noted, swap
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.reading import answers, require_readable
from ..core.subject import Effects, Subject
from ..core.swap import Unit
from . import archive, fetch, plan as planner, receipt as receipts
from .plan import Change
from .programs import check_program, check_tree
from .receipt import JOURNAL, KEPT, LOCK, RECEIPTS, Asked, Found, Placed, Receipt
from .signature import verify
from .wanted import (
    CONTENT_MODE, DEFAULT_MODE, FOLDER, Binary, Build, File, Wanted, file_name, for_machine, made_source)


class Work:
    """What a run has to tell the next one if it is killed. All of it goes through JSON.

    folders: that were made on the way to a destination. work: that hold staged and old files. units: to swap. new, old:
    receipts' lines by name, None for none. kept_new: copies of foreign files that this run makes. kept_gone: those that
    it puts back.
    """

    def __init__(self, facts: Optional[Dict[str, Any]] = None) -> None:
        facts = facts or {}
        self.folders: List[str] = list(facts.get("folders", ()))
        self.work: List[str] = list(facts.get("work", ()))
        self.units = [Unit(*one) for one in facts.get("units", ())]
        self.new: Dict[str, Optional[str]] = dict(facts.get("new", {}))
        self.old: Dict[str, Optional[str]] = dict(facts.get("old", {}))
        self.kept_new: List[Tuple[str, str]] = [(one[0], one[1]) for one in facts.get("kept_new", ())]
        self.kept_gone: List[str] = list(facts.get("kept_gone", ()))
        self.emptied: List[str] = list(facts.get("emptied", ()))

    def facts(self) -> Dict[str, Any]:
        """As JSON values."""
        return dict(self.__dict__, units=[list(one) for one in self.units])


class BinaryEffects(Effects):
    """The binaries of one host, for one run."""

    def __init__(self, subject: Subject, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        run_dir, self.lib_dir = noted.folders(wanted.scope)
        self.lock_paths = (os.path.join(run_dir, LOCK),)
        self.journal_path = os.path.join(self.lib_dir, JOURNAL)
        self.receipts = os.path.join(self.lib_dir, RECEIPTS)
        self.kept = os.path.join(self.lib_dir, KEPT)
        self.found: Dict[str, Found] = {}
        self.work = Work()
        self.token = "%s%d" % (hashlib.sha256(os.urandom(8)).hexdigest()[:8], os.getpid())
        self.source_digests: Dict[str, fetch.Digests] = {}
        self.restored: List[str] = []
        self.going: Set[str] = set()  # the paths that withdraw() takes away
        self.finishing = False

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = answers(self.subject, self.wanted, check_mode=check_mode)
        require_readable(snapshot, who="root" if self.wanted.scope == "system" else "their owner")
        self.wanted = for_machine(self.wanted, receipts.machine_of(snapshot))
        self.found = self.subject.found(self.wanted, snapshot)  # type: ignore[attr-defined]
        return planner.plan(self.wanted, self.found)

    # -- check: everything but the swap

    def check(self, plan: Plan) -> None:
        mounted = _mount_points()
        for step in plan.steps:
            self._check_owners(step.detail)
            _check_places(step.detail, mounted)
        self.work = Work()
        staged = self._lay_out(plan)
        self._journal("check")
        try:
            for folder in self.work.folders:
                host.make_folders(folder, 0o755)
            for folder in self.work.work:
                host.make_folders(folder, 0o700)
            for step in plan.steps:
                for path in staged[step.target].values():
                    host.make_folders(os.path.dirname(path), 0o700)
                self._stage(step.detail, staged[step.target])
        except BaseException:
            self._sweep(self.work)
            host.remove(self.journal_path)
            host.remove_empty([self.lib_dir])
            raise

    def _check_owners(self, change: Change) -> None:
        """What another name put in place is not taken from it."""
        wanted = set(file.dest for file in change.binary.files)
        for name, other in self._all_receipts().items():
            both = sorted(wanted.intersection(one.dest for one in other.files))
            if name != change.binary.name and both:
                raise SlipwayError(
                    "in_the_way",
                    "%s.files: %s was put there under the name '%s'; remove that first (state: absent)" % (
                        change.binary.option, both[0], name), option=change.binary.option + ".files")

    def _lay_out(self, plan: Plan) -> Dict[str, Dict[str, str]]:
        """Choose where everything is staged, before any of it is made. Returns name -> dest -> the path that it is
        staged at."""
        work = self.work
        staged: Dict[str, Dict[str, str]] = {}
        downloads = os.path.join(self.lib_dir, ".unfinished-" + self.token)
        places: Dict[str, str] = {}
        for step in plan.steps:
            change: Change = step.detail
            dests = [file.dest for file in change.binary.files] + [one.dest for one in change.goes]
            staged[step.target] = {}
            for dest in dests:
                folder = os.path.dirname(dest)
                if dest in [one.dest for one in change.goes] and not os.path.isdir(folder):
                    continue  # it is gone, with its folder
                if folder not in places:
                    work.folders.extend(one for one in host.missing_folders(folder) if one not in work.folders)
                    places[folder] = os.path.join(folder, ".slipway-" + self.token)
                    work.work.append(places[folder])
                # Under its own name: some programs go by it, and this one will be tried.
                number = sum(len(one) for one in staged.values())
                staged[step.target][dest] = "%s/%d/%s" % (places[folder], number, os.path.basename(dest))
            signature = change.binary.signature
            fetched = change.binary.url or change.binary.build or signature is not None and signature.url
            if fetched and downloads not in work.work:
                work.work.append(downloads)
        return staged

    def _stage(self, change: Change, staged: Dict[str, str]) -> None:
        binary, work = change.binary, self.work
        old = change.receipt
        kept = {one.dest: one.kept for one in old.files if one.kept} if old is not None else {}
        ours = {one.dest: one for one in old.files} if old is not None else {}
        placed: List[Placed] = []
        if binary.present:
            self._stage_files(binary, staged)
        for file in binary.files:
            seen = change.seen[file.dest]
            known = ours.get(file.dest)
            foreign = seen.kind == "foreign" or known is not None and planner.state_of(known, seen) == "other"
            if foreign:
                kept[file.dest] = "%s/%s/%s" % (self.kept, binary.name, hashlib.sha256(
                    (file.dest + self.token).encode("utf-8", "surrogateescape")).hexdigest()[:16])
                work.kept_new.append((file.dest, kept[file.dest]))
            path = staged[file.dest]
            tree = os.path.isdir(path)
            placed.append(Placed(
                src=file.src, dest=file.dest, mode=file.mode, owner=file.owner, group=file.group,
                kind="tree" if tree else "file", sha256="" if tree else fetch.digests_of(path).sha256,
                kept=kept.get(file.dest, "")))
            work.units.append(Unit(
                file.dest, path, swap.inode_of(path), _aside(path) if seen.kind != "missing" else ""))
        for one in change.goes:
            if one.dest in staged:
                self._stage_removal(change, one, staged[one.dest])
        work.old[binary.name] = receipts.encode(old) if old is not None else None
        work.new[binary.name] = self._new_receipt(change, placed)

    def _stage_removal(self, change: Change, one: Placed, path: str) -> None:
        work = self.work
        self.going.add(one.dest)
        new = ""
        if one.kept and os.path.lexists(one.kept):
            new = path
            swap.copy(one.kept, new)
            work.kept_gone.append(one.kept)
            self.restored.append(one.dest)
        missing = change.seen[one.dest].kind == "missing"
        if not missing or new:
            work.units.append(Unit(one.dest, new, swap.inode_of(new) if new else 0, "" if missing else _aside(path)))

    def _new_receipt(self, change: Change, placed: Sequence[Placed]) -> Optional[str]:
        binary, old = change.binary, change.receipt
        made = list(old.folders if old is not None else ()) + [one for one in self.work.folders if any(
            file.dest.startswith(one + "/") for file in binary.files)]
        needed = [one for one in made if any(file.dest.startswith(one + "/") for file in binary.files)]
        self.work.emptied.extend(one for one in made if one not in needed)
        if not binary.present:
            return None
        digests = self.source_digests[binary.name]
        return receipts.encode(Receipt(
            name=binary.name, version=binary.version, sha256=digests.sha256, sha512=digests.sha512, files=tuple(placed),
            folders=tuple(dict.fromkeys(needed)), source_stat=change.source_stat))

    def _stage_files(self, binary: Binary, staged: Dict[str, str]) -> None:
        if binary.made:
            self.source_digests[binary.name] = fetch.digests_in(io.BytesIO(made_source(binary)))
        if binary.inline:
            for file in binary.files:
                _write_content(staged[file.dest], io.BytesIO((file.content or "").encode("utf-8", "surrogateescape")))
        else:
            self._unpack(binary, staged)
        for index, file in enumerate(binary.files):
            _dress(file, staged[file.dest], "%s.files[%d]" % (binary.option, index))
        if binary.verify:
            self._try(binary, staged)

    def _unpack(self, binary: Binary, staged: Dict[str, str]) -> None:
        source = self._source(binary)
        kind = archive.kind_of(source)
        option = binary.option + ".files[0].src"
        if binary.files[0].src:
            if not kind:
                raise SlipwayError(
                    "no_archive", "%s: the source is no archive that is known (tar, tar.gz, tar.bz2, tar.xz, "
                    "tar.zst, zip); leave "
                    "'src' out to take it as it is" % option, option=option)
            try:
                archive.take(source, [archive.Taking(file.src, staged[file.dest]) for file in binary.files])
            except SlipwayError as error:
                where = "url" if binary.url else "src"
                raise SlipwayError(
                    error.reason, "%s.%s: %s" % (binary.option, where, error.message),
                    option="%s.%s" % (binary.option, where), **error.facts)
        elif kind:
            raise SlipwayError(
                "src_missing", "%s: the source is a %s archive; say which of its files or folders is meant ('.' is "
                "all of it)" % (
                    option, kind), option=option)
        else:
            for file in binary.files:
                with open(source, "rb") as reading:
                    _write_content(staged[file.dest], reading)
        if binary.url or binary.build:
            os.unlink(source)  # the room is needed for what came out of it

    def _try(self, binary: Binary, staged: Dict[str, str]) -> None:
        for index, file in enumerate(binary.files):
            path, option = staged[file.dest], "%s.files[%d]" % (binary.option, index)
            if os.path.isdir(path):
                check_tree(path, option=option, shown=file_name(binary.name, file.dest))
            elif os.access(path, os.X_OK):
                check_program(
                    path, name=os.path.basename(file.dest), option=option, shown=file_name(binary.name, file.dest))

    def _source(self, binary: Binary) -> str:
        """The path of the verified source on this host."""
        if binary.build is not None:
            return self._built(binary, binary.build)
        if binary.url and not self.wanted.fetching.controller:
            path = os.path.join(self.lib_dir, ".unfinished-" + self.token, binary.name)
            self.source_digests[binary.name] = fetch.download(binary, self.wanted.fetching, path)
            self._verify(binary, path)
            return path
        if not binary.src or not binary.remote_src:
            raise SlipwayError(
                "source_elsewhere", "%s: its source is the controller's to bring, and it did not: what is on the "
                "host changed "
                "meanwhile. Run the task again" % binary.option, option=binary.option)
        try:
            self.source_digests[binary.name] = found = fetch.digests_of(binary.src)
        except OSError as error:
            raise SlipwayError(
                "source_missing", "%s.src: %s cannot be read on this host: %s" % (
                    binary.option, binary.src, error.strerror),
                option=binary.option + ".src")
        fetch.check_digest(found, binary.checksum, option=binary.option, what=binary.src)
        self._verify(binary, binary.src)
        return binary.src

    def _verify(self, binary: Binary, path: str) -> None:
        """Raises SlipwayError where a source is not signed as it has to be."""
        signature = binary.signature
        if signature is None:
            return
        where = signature.src
        if signature.url:
            where = os.path.join(self.lib_dir, ".unfinished-" + self.token, ".sig-" + binary.name)
            fetch.download_signature(binary, self.wanted.fetching, where)
        elif not os.path.isfile(where):
            raise SlipwayError(
                "source_missing", "%s.signature.src: there is no file %s on this host" % (binary.option, where),
                option=binary.option + ".signature.src")
        verify(binary, path, where)

    def _built(self, binary: Binary, build: Build) -> str:
        """The path of what a command made."""
        option = binary.option + ".build"
        folder = os.path.join(self.lib_dir, ".unfinished-" + self.token, binary.name)
        # Builders leave things in their TMPDIR: buildx what it read, cargo what it was making when its time was up. No name begins
        # with a '.'.
        rest = os.path.join(os.path.dirname(folder), ".tmp-" + binary.name)
        for one in (folder, rest):
            host.make_folders(one, 0o700)
        argv = [word.replace(FOLDER, folder) for word in build.argv]
        environment = dict({"TMPDIR": rest}, **os.environ)
        environment["PATH"] = ":".join((
            os.environ.get("PATH", ""), "/usr/local/bin:/usr/bin:/bin", os.path.expanduser("~/.cargo/bin")))
        try:
            answer = host.run(
                argv, seconds=build.timeout, environment=environment,
                stdin=build.stdin.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise SlipwayError(
                "build_failed", "%s.argv: %s cannot be run: %s" % (option, argv[0], error.strerror), option=option)
        if answer.code != 0:
            raise SlipwayError("build_failed", "%s: the build %s: %s" % (
                option, "did not end within %d s" % build.timeout if answer.code is None
                else "ended with exit code %d" % answer.code,
                (answer.error.strip() or answer.output.strip())[-1500:]), option=option)
        path = os.path.join(folder, build.output)
        if not os.path.isfile(path) or os.path.islink(path):
            raise SlipwayError(
                "build_failed", "%s.output: the build made no file '%s'" % (option, build.output),
                option=option + ".output")
        return path

    # -- the swap

    def journal(self, plan: Plan) -> Dict[str, Any]:
        return self.work.facts()

    def commit(self, plan: Plan) -> None:
        self._check_unchanged(plan)
        for dest, kept in self.work.kept_new:
            host.make_folders(os.path.dirname(kept), 0o700)
            swap.copy(dest, kept)
        for unit in self.work.units:
            if unit.dest not in self.going:
                swap.forward(unit)

    def _check_unchanged(self, plan: Plan) -> None:
        """Somebody else's edit since the plan was made is not overwritten."""
        now = self._ask_again([step.detail.binary for step in plan.steps])
        for step in plan.steps:
            for dest, seen in step.detail.seen.items():
                if (now[step.target][dest].kind, now[step.target][dest].stat) != (seen.kind, seen.stat):
                    raise SlipwayError("changed_meanwhile", "%s was changed by somebody else during this run" % dest)

    def _ask_again(self, binaries: Sequence[Binary]) -> Dict[str, Dict[str, receipts.Seen]]:
        asked = [Asked(one.name, tuple(self.found[one.name].seen)) for one in binaries]
        read = receipts.read(host.ask(receipts.questions(asked, digest=False, scope=self.wanted.scope)), asked)
        return {name: found.seen for name, found in read.items()}

    def apply(self, plan: Plan) -> None:
        if os.path.exists("/sys/fs/selinux/enforce"):
            for path in self.work.folders + [
                    unit.dest for unit in self.work.units if unit.new and unit.dest not in self.restored]:
                with contextlib.suppress(OSError):
                    host.run(["restorecon", "-R", path], seconds=60)
        self._write_receipts(self.work.new)

    def observe(self, plan: Plan) -> None:
        for name, line in self.work.new.items():
            if line is not None:
                self.work.new[name] = receipts.encode(self._measured(receipts.decode(line, name)))

    def withdraw(self, plan: Plan) -> None:
        for unit in self.work.units:
            if unit.dest in self.going:
                swap.forward(unit)

    def settle(self, plan: Plan) -> Dict[str, Any]:
        if not plan.empty:
            self._write_receipts(self.work.new)
            self.finishing = True
            self._finish(self.work)
        results = []
        actions = {step.target: step.action for step in plan.steps}
        for binary in self.wanted.binaries:
            receipt = self.found[binary.name].receipt
            if binary.name in actions:
                line = self.work.new[binary.name]
                receipt = receipts.decode(line, binary.name) if line is not None else None
            elif receipt is not None and planner.stale(self.found[binary.name]):
                self._refresh(receipt, source_stat=self.found[binary.name].source_stat)
            results.append(planner.result_of(binary, actions.get(binary.name, ""), receipt))
        return {"binaries": results}

    def _finish(self, work: Work) -> None:
        """Throw away what was there before: the last thing, for from here on nothing can be undone."""
        for one in work.work + work.kept_gone:
            swap.remove(one)
        for folder in sorted(set(work.emptied), reverse=True):
            self._leave_folder(folder)
        for name in work.new:
            host.remove_empty([os.path.join(self.kept, name)])
        host.remove_empty([self.kept, self.receipts])

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        if self.finishing:
            raise SlipwayError(
                "unfinished", "the new files are in place, and what was there before could not all be removed; the "
                "next run "
                "goes on with that")
        return self._back(self.work) or "Everything is as it was before."

    def recover(self, journal: Dict[str, Any]) -> str:
        work, stage = Work(journal), journal.get("stage", "journal")
        said = "An earlier run was interrupted at '%s'; " % stage
        if stage == "settle":
            for name, line in work.new.items():
                if line is not None:
                    with contextlib.suppress(SlipwayError):  # changed since: the plan will say so
                        self._write_receipts({name: receipts.encode(self._measured(receipts.decode(line, name)))})
            self._finish(work)
            return said + "it was finished: %s." % ", ".join(sorted(work.new))
        left = self._back(work)
        but = "; but " + left.rstrip(".") if left else ""
        return said + "it was undone, and everything is as it was before it%s." % but

    def _back(self, work: Work) -> str:
        """Put everything back; says what could not be."""
        said = [one for one in (swap.back(unit) for unit in reversed(work.units)) if one]
        self._write_receipts(work.old)
        for _dest, kept in work.kept_new:
            swap.remove(kept)
            host.remove_empty([os.path.dirname(kept)])
        self._sweep(work, keep=bool(said))
        for name, line in work.old.items():
            if line is not None:
                self._refresh(receipts.decode(line, name))
        return "; ".join(said) + "." if said else ""

    def _sweep(self, work: Work, *, keep: bool = False) -> None:
        """Remove what was staged, and the folders that were made for it. keep: what holds old files that found no way
        back."""
        for one in work.work:
            if keep:
                for unit in work.units:
                    if unit.new:
                        swap.remove(os.path.dirname(unit.new))
                host.remove_empty([one])
            else:
                swap.remove(one)
        host.remove_empty(work.folders)
        host.remove_empty([self.kept, self.receipts])

    def _journal(self, stage: str) -> None:
        host.make_folder(self.lib_dir)
        text = json.dumps(dict(self.work.facts(), stage=stage), sort_keys=True) + "\n"
        host.replace(self.journal_path, text.encode("utf-8", "surrogateescape"), mode=0o600)

    # -- receipts

    def _all_receipts(self) -> Dict[str, Receipt]:
        return noted.read_all(self.receipts, receipts.decode)

    def _write_receipts(self, lines: Dict[str, Optional[str]]) -> None:
        noted.write_all(self.receipts, lines)

    def _measured(self, receipt: Receipt) -> Receipt:
        """The receipt, which lies on the host, with the stat of each file as it is. Raises SlipwayError where a content is
        not what was put there."""
        seen = self._ask(Asked(receipt.name, tuple(one.dest for one in receipt.files)), digest=True)
        files = []
        for one in receipt.files:
            there = seen[one.dest]
            if there.kind != one.kind or one.sha256 and there.sha256 != one.sha256:
                raise SlipwayError("not_observed", "%s is not what was put there" % one.dest)
            files.append(one._replace(stat=there.stat, sha256=there.sha256))
        return receipt._replace(files=tuple(files))

    def _refresh(self, receipt: Receipt, *, source_stat: str = "") -> None:
        """Note the stat of files that are as they were."""
        seen = self._ask(Asked(receipt.name, tuple(one.dest for one in receipt.files)))
        files = tuple(
            one._replace(stat=seen[one.dest].stat) if planner.state_of(one, seen[one.dest]) == "stale" else one
            for one in receipt.files)
        new = receipt._replace(files=files, source_stat=source_stat or receipt.source_stat)
        self._write_receipts({receipt.name: receipts.encode(new)})

    def _ask(self, asked: Asked, *, digest: bool = False) -> Dict[str, receipts.Seen]:
        """What is at the paths of one name."""
        answer = host.ask(receipts.questions([asked], digest=digest, scope=self.wanted.scope))
        return receipts.read(answer, [asked])[asked.name].seen

    def _leave_folder(self, folder: str) -> None:
        """Remove a folder that we made; where another name's files are in it, it is that one's to remove."""
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:
            for name, other in self._all_receipts().items():
                if folder not in other.folders and any(one.dest.startswith(folder + "/") for one in other.files):
                    heir = other._replace(folders=tuple(sorted(other.folders + (folder,))))
                    self._write_receipts({name: receipts.encode(heir)})
                    return


# -- files on the host


def _mount_points() -> Set[str]:
    """Where anything is mounted, files among them. Not by the devices of files, which differ on an overlay of several file
    systems."""
    lines = (host.read("/proc/self/mountinfo") or b"").decode("utf-8", "surrogateescape").splitlines()
    escaped = (line.split(" ")[4] for line in lines)
    return set(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), path) for path in escaped)


def _check_places(change: Change, mounted: Set[str]) -> None:
    """Raises SlipwayError where nothing can be put in place or exchanged, before anything is fetched for it."""
    options = {
        file.dest: "%s.files[%d].dest" % (change.binary.option, index) for index, file in enumerate(change.binary.files)}
    for dest in list(options) + [one.dest for one in change.goes]:
        option = options.get(dest, change.binary.option)
        folder = os.path.dirname(dest)
        if os.path.realpath(dest) in mounted and not os.path.islink(dest):
            raise SlipwayError(
                "mount_point", "%s: %s is a mount point, which cannot be exchanged; name the files or folders in it" % (
                    option, dest), option=option)
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if os.geteuid() != 0 and not os.access(folder, os.W_OK):
            raise SlipwayError(
                "no_permission", "%s: %s cannot be written by this user; run the task as root (become: true), or with 'scope: "
                "user' put it below the user's home (in a wish of the catalogue that is its 'path')" % (option, folder),
                option=option)


def _aside(staged: str) -> str:
    """Where the old one is set aside, beside the staged new one."""
    return os.path.join(os.path.dirname(os.path.dirname(staged)), os.path.basename(os.path.dirname(staged)) + ".old")


def _write_content(target: str, reading: IO[bytes]) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())


def _dress(file: File, path: str, option: str) -> None:
    """Give a staged file or tree its owner and mode."""
    uid = _number(file.owner, lambda name: pwd.getpwnam(name).pw_uid, option + ".owner", os.geteuid())
    gid = _number(file.group, lambda name: grp.getgrnam(name).gr_gid, option + ".group", os.getegid())
    tree = os.path.isdir(path)
    if tree and file.mode:
        raise SlipwayError(
            "mode_of_tree", "%s.mode: '%s' is a folder; its files have the archive's modes" % (option, file.src),
            option=option + ".mode")
    os.lchown(path, uid, gid)
    for folder, folders, files in os.walk(path) if tree else ():
        for name in folders + files:
            os.lchown(os.path.join(folder, name), uid, gid)
    if not tree:
        os.chmod(path, int(file.mode or (DEFAULT_MODE if file.content is None else CONTENT_MODE), 8))


def _number(text: str, look: Callable[[str], int], option: str, default: int) -> int:
    if not text:
        return default
    if text.isdigit():
        return int(text)
    try:
        return look(text)
    except KeyError:
        raise SlipwayError("bad_owner", "%s: this host knows no '%s'" % (option, text), option=option)
