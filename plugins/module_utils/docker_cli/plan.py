# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of docker_cli: what is wanted against what is there. Pure."""

import posixpath
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from . import paths, things, wrapper
from .receipt import Placed
from .seen import LIMA_SECONDS, SECONDS, Seen, There, known, program_of
from .wanted import Wanted

MISSING = There(path="")


class Change(NamedTuple):
    """What is to be done at one path. seen: what is there. new: what is put there, None where ours goes. aside: what is
    there is another's and is kept. kept: where that lies which was there before us, '' for nothing or not yet."""

    path: str
    seen: There
    new: Optional[Placed]
    aside: bool = False
    kept: str = ""


def plan(wanted: Wanted, seen: Seen) -> Plan:
    """The plan. Raises SlipwayError for what cannot or must not be done."""
    if not wanted.present:
        return _removal(wanted, seen)
    form = form_of(wanted, seen)
    warnings = _target_warnings(wanted, seen)
    changes: List[Change] = []
    for option, entry in entries(wanted, seen, form=form):
        change = _change(wanted, seen, option, entry)
        if change is not None:
            changes.append(change)
    going, left = _going(seen, set(one for one in (wanted.path, wanted.wrapper_path) if one))
    changes.extend(going)
    warnings.extend(left)
    link_made = any(one.path == wanted.path and one.new is not None for one in changes)
    hidden = _hidden(wanted, seen)
    if hidden and link_made and not _ours(seen, wanted.path) and not wanted.replace:
        raise SlipwayError(
            "docker_present", "path: this host has a docker of its own, %s (%s), which %s would hide; 'replace: true' "
            "says that it may" % (hidden[0].path, things.described(hidden[0]), wanted.path), option="replace",
            found=[one.path for one in hidden])
    warnings.extend(_path_warnings(wanted, seen))
    if seen.daemon:
        warnings.append(
            "a Docker daemon runs on this host (process %d), and 'docker' is %s: its containers are not seen by it" % (
                seen.daemon, wanted.provider))
    unknown: Tuple[str, ...] = ()
    if not changes and seen.receipt is not None and seen.receipt.program != program_of(seen, form=form):
        # The module notes it, so that the next run need not ask the program again.
        unknown = ("the receipt knows the program by an older stat",)
    if wanted.probe == "always":
        unknown += ("a container has to be run",)
    return _planned(wanted, seen, changes, warnings, unknown)


def form_of(wanted: Wanted, seen: Seen) -> str:
    """How lima is called on this host, '' where it is not."""
    if not wanted.lima:
        return ""
    if known(seen) and seen.receipt is not None and seen.answer is None:
        return seen.receipt.program.form
    keeps = seen.answer.keeps_environment if seen.answer is not None else True
    return wrapper.form_of(seen.target.path or wanted.target or "limactl", keeps_environment=keeps)


def entries(wanted: Wanted, seen: Seen, *, form: str) -> List[Tuple[str, Placed]]:
    """What has to be in place, each with its option; the link last, so that it never leads to nothing."""
    if wanted.lima:
        text = wrapper.render(form, instance=wanted.instance, target=wanted.target)
        return [
            ("wrapper_path", Placed(wanted.wrapper_path, "file", text)),
            ("path", Placed(wanted.path, "link", wanted.wrapper_path))]
    return [("path", Placed(wanted.path, "link", seen.target.path or wanted.target or wanted.usual))]


def matches(placed: Placed, there: There) -> bool:
    """Whether a path is what was put there."""
    if placed.kind == "link":
        return there.kind == "link" and there.text == placed.text
    return there.kind == "file" and there.content == placed.text and not there.stat.endswith(" closed")


# -- the target


def _target_warnings(wanted: Wanted, seen: Seen) -> List[str]:
    """What is wrong with the program that is to answer: an error where it is required, otherwise a warning."""
    found = _target_trouble(wanted, seen)
    if found is None:
        return []
    reason, option, message = found
    if wanted.require and reason != "not_asked":
        raise SlipwayError(
            reason, "%s: %s. A docker that does not answer is worse than none: programs that look for one stop at it. "
            "'require: false' is for hosts that get it later" % (option, message), option=option)
    return [message]


def _target_trouble(wanted: Wanted, seen: Seen) -> Optional[Tuple[str, str, str]]:
    target, answer = seen.target, seen.answer
    name = wanted.programs[0]
    option = "target" if wanted.target else "provider"
    if target.kind == "missing":
        where = "there is no %s" % wanted.target if wanted.target else "%s is not found on PATH (%s)" % (
            name, ":".join(seen.search))
        return "target_missing", option, where
    if target.kind != "program":
        return "target_not_executable", option, "%s is %s" % (
            target.path, "a folder" if target.kind == "folder" else "not executable")
    if target.real in (wanted.path, wanted.wrapper_path):
        return "target_loops", option, "%s leads to %s, which is to be written" % (target.path, target.real)
    if wanted.lima and (answer is None or not answer.asked) and not known(seen):
        return "not_asked", option, (
            "lima does not run as root, so it was not asked whether its nerdctl answers; a task that gets root by sudo "
            "asks as the user that it came from")
    if answer is None or not answer.asked:
        return None
    words = "%s version" % target.path
    if answer.code is None:
        limit = LIMA_SECONDS if wanted.lima else SECONDS
        return "target_hangs", option, "'%s' did not end within %d s" % (words, limit)
    if answer.code != 0:
        return "target_broken", option, "'%s' failed with exit code %d: %s" % (
            words, answer.code, " ".join(answer.said.split())[:300] or "it said nothing")
    return None


# -- what is at the paths


def _change(wanted: Wanted, seen: Seen, option: str, entry: Placed) -> Optional[Change]:
    there = seen.things.get(entry.path, MISSING)
    before = _ours(seen, entry.path)
    if matches(entry, there) or before is None and _leads_there(wanted, there, entry, seen):
        return None
    if there.blocked:
        raise SlipwayError(
            "bad_path", "%s: %s is no folder, so there cannot be a %s" % (option, there.blocked, entry.path),
            option=option)
    if there.kind == "missing":
        return Change(entry.path, there, entry, kept=before.kept if before is not None else "")
    if before is not None and matches(before, there):
        return Change(entry.path, there, entry, kept=before.kept)
    message = "%s: %s is %s; it was not put there by this module" % (option, entry.path, things.described(there))
    if before is not None and before.kept:
        raise SlipwayError(
            "in_the_way", "%s. What was there before is set aside already, at %s: move this away" % (
                message, before.kept), option=option)
    if not wanted.replace:
        raise SlipwayError(
            "in_the_way", "%s. 'replace: true' moves it aside, and removal brings it back" % message, option=option)
    if there.kind == "other":
        raise SlipwayError("in_the_way", "%s, and cannot be moved aside" % message, option=option)
    return Change(entry.path, there, entry, aside=True)


def _leads_there(wanted: Wanted, there: There, entry: Placed, seen: Seen) -> bool:
    """Whether somebody's own link does what is wanted. It stays theirs."""
    if entry.kind != "link" or there.kind != "link" or there.dead:
        return False
    return there.real == entry.text or not wanted.lima and bool(seen.target.real) and there.real == seen.target.real


def _going(seen: Seen, stays: Any) -> Tuple[List[Change], List[str]]:
    """What of ours is wanted no more, the link first; and what is left because it is not ours any more."""
    going: List[Change] = []
    left: List[str] = []
    for one in reversed(seen.receipt.placed if seen.receipt is not None else ()):
        there = seen.things.get(one.path, MISSING)
        if one.path in stays:
            continue
        if there.kind == "missing" or matches(one, there):
            going.append(Change(one.path, there, None, kept=one.kept))
        elif one.kept:
            raise SlipwayError(
                "changed_since", "path: %s was changed by somebody else: it is %s now. What was there before us lies "
                "at %s; move one of them where it belongs" % (
                    one.path, things.described(there), one.kept), option="path")
        else:
            left.append("%s was changed by somebody else, and is left: it is %s now" % (
                one.path, things.described(there)))
            going.append(Change(one.path, there, None, aside=True))
    return going, left


def _ours(seen: Seen, path: str) -> Optional[Placed]:
    return next((one for one in seen.receipt.placed if one.path == path), None) if seen.receipt is not None else None


def in_the_way(wanted: Wanted, seen: Seen) -> Tuple[There, ...]:
    """The things whose packages a user will be told."""
    if not wanted.present:
        return ()
    found = [
        there for path, there in seen.things.items()
        if there.kind in ("link", "folder", "file", "other") and _ours(seen, path) is None
        and (path != wanted.path or there.dead or there.real != seen.target.real)]
    link = seen.things.get(wanted.path, MISSING)
    if _ours(seen, wanted.path) is None and not wanted.replace and link.kind == "missing":
        found.extend(_hidden(wanted, seen))
    return tuple(found)


def _hidden(wanted: Wanted, seen: Seen) -> List[There]:
    """The real ones that the link would take the place of."""
    return [
        one for one in seen.others
        if not one.dead and not paths.personal(one.path) and things.provider_of(one) not in ("podman", "nerdctl")]


# -- what is said


def _removal(wanted: Wanted, seen: Seen) -> Plan:
    changes, warnings = _going(seen, ())
    return _planned(wanted, seen, changes, warnings, ())


def _planned(wanted: Wanted, seen: Seen, changes: List[Change], warnings: List[str], unknown: Tuple[str, ...]) -> Plan:
    steps = tuple(Step("place" if one.new is not None else "withdraw", one.path, one) for one in changes)
    if not steps and seen.receipt is not None and not wanted.present:
        steps = (Step("forget", wanted.path),)
    before = {one.path: shown(one.seen) for one in changes if one.seen.kind != "missing" and (one.new or not one.aside)}
    after: Dict[str, Any] = {}
    for one in changes:
        if one.new is not None:
            after[one.path] = "a link to " + one.new.text if one.new.kind == "link" else one.new.text.splitlines()
        elif one.kept:
            after[one.path] = "what was there before, from " + one.kept
    stays = seen.receipt.placed if seen.receipt is not None and wanted.present else ()
    result = {
        "link": wanted.path, "action": _action(wanted, seen, steps), "docker": answering(wanted, seen, changes),
        "set_aside": sorted(set(one.path for one in changes if one.aside and one.new is not None) | set(
            one.path for one in stays if one.kept))}
    return Plan(steps=steps, before=before, after=after, result=result, warnings=tuple(warnings), unknown=unknown)


def shown(there: There) -> Any:
    """One side of the diff for a path."""
    if there.kind == "file" and there.content is not None and "slipway.runtimes.docker_cli" in there.content:
        return there.content.splitlines()
    return things.described(there)


def _action(wanted: Wanted, seen: Seen, steps: Tuple[Step, ...]) -> str:
    if not steps:
        return "none"
    if not wanted.present:
        return "removed"
    return "linked" if _ours(seen, wanted.path) is None else "relinked"


def _path_warnings(wanted: Wanted, seen: Seen) -> List[str]:
    """Who will not get the link."""
    others = [one.path for one in seen.others if not one.dead]
    by_path = {one.path: one for one in seen.others}
    if paths.personal(wanted.path):
        # Logins put such a folder on PATH, as a rule, and this task is none.
        found = [paths.Scope("this task", seen.search)] if posixpath.dirname(wanted.path) in seen.search else []
    else:
        found = list(paths.scopes(seen.lines))
    earlier, nowhere = paths.verdicts(wanted.path, others, found)
    name, folder = posixpath.basename(wanted.path), posixpath.dirname(wanted.path)
    warnings = [
        "for %s '%s' is %s (%s), which comes before %s on PATH" % (
            _listed(who), name, other, things.described(by_path[other]), folder) for other, who in earlier.items()]
    if nowhere and not paths.personal(wanted.path):
        does = "does" if nowhere == ["sudo"] else "do"
        warnings.append("%s %s not look for '%s' in %s" % (_listed(nowhere), does, name, folder))
    homes = [one for one in others if paths.personal(one) and one != wanted.path]
    if homes and not paths.personal(wanted.path):
        warnings.append("users have a '%s' of their own: %s" % (name, ", ".join(sorted(homes))))
    return warnings


def _listed(words: List[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def answering(wanted: Wanted, seen: Seen, changes: List[Change]) -> Optional[Dict[str, Any]]:
    """What runs as docker for the task's user once the changes are made; None where nothing does."""
    here = seen.things.get(wanted.path, MISSING)
    change = next((one for one in changes if one.path == wanted.path), None)
    if change is None:
        at_path = here if here.kind in ("link", "file") else None
    elif change.new is not None:
        real = seen.target.real
        at_path = There(path=wanted.path, kind="link", text=change.new.text, real=real, dead=not real)
    else:
        at_path = There(path=wanted.path, kind="file") if change.kept or change.aside else None
    there = {posixpath.dirname(one.path): one for one in seen.others}
    if at_path is not None:
        there[posixpath.dirname(wanted.path)] = at_path
    first = next((there[one] for one in seen.search if one in there), at_path)
    if first is None:
        return None
    ours = first is at_path and wanted.present and (change is not None or _wanted_there(wanted, seen, first))
    if ours:
        version = program_of(seen, form="").version or seen.first
        provider, via = wanted.provider, "lima" if wanted.lima else "direct"
        program = seen.target.real
    else:
        version = seen.first if first.path == _first_seen(seen, wanted) else ""
        provider, via = things.provider_of(first), "direct"
        program = first.real or first.path
    return {
        "path": first.path, "program": program or None, "provider": provider, "via": via, "version": version or None,
        "socket": None if via == "lima" else _socket(provider, seen), "rootless": None if via == "lima" else _rootless(
            provider, seen)}


def _wanted_there(wanted: Wanted, seen: Seen, first: There) -> bool:
    if wanted.lima:
        return first.text == wanted.wrapper_path
    return bool(seen.target.real) and first.real == seen.target.real


def _first_seen(seen: Seen, wanted: Wanted) -> str:
    """The first of the name on PATH as the host is now."""
    here = seen.things.get(wanted.path, MISSING)
    there = {posixpath.dirname(one.path): one.path for one in seen.others}
    if here.kind in ("link", "file"):
        there[posixpath.dirname(wanted.path)] = wanted.path
    return next((there[one] for one in seen.search if one in there), "")


_SOCKETS = {"docker": "docker.sock", "podman": "podman/podman.sock", "nerdctl": "containerd/containerd.sock"}


def _socket(provider: str, seen: Seen) -> Optional[str]:
    """The API socket of the provider that the task's user has; none where it does not listen."""
    name = _SOCKETS.get(provider)
    own = "%s/%s" % (seen.runtime_dir, name)
    system = "/run/%s" % name
    order = (system,) if seen.uid == 0 else (own, system) if provider == "docker" else (own,)
    return next((one for one in order if one in seen.sockets), None)


def _rootless(provider: str, seen: Seen) -> Optional[bool]:
    if provider in ("podman", "nerdctl"):
        return seen.uid != 0
    if provider == "docker":
        return (_socket(provider, seen) or "").startswith(seen.runtime_dir + "/") and seen.uid != 0
    return None
