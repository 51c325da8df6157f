# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user wishes of a runtime: the keys, and the value that they make. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Union

from ansible.module_utils.common.validation import check_type_bool, check_type_dict, check_type_list

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import parse_checksum
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import nearest

# As an argument spec. A wish may also be a name alone.
WISH_SPEC = dict(
    name=dict(type="str", required=True),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    version=dict(type="str"),
    variant=dict(type="str"),
    install_from=dict(type="str", choices=["release", "package", "file", "build", "none"]),
    url=dict(type="str"),
    src=dict(type="str"),
    remote_src=dict(type="bool", default=False),
    checksum=dict(type="raw", no_log=False),
    signature=dict(type="dict"),
    path=dict(type="str"),
    replace=dict(type="bool", default=False),
    register=dict(type="str", choices=["auto", "always", "never"], default="auto"),
    via=dict(type="str"),
    args=dict(type="list", elements="str"),
    options=dict(type="dict"),
    describe=dict(type="dict"),
)
# 'as' is a word of Python's.
WISH_SPEC["as"] = dict(type="str")

# As 'uname -m' says it.
ARCHITECTURES = ("x86_64", "aarch64", "armv7l", "ppc64le", "riscv64", "s390x")

# One for all, or by architecture, or either by source.
Checksums = Union[str, Dict[str, Any]]


class Wish(NamedTuple):
    """A wish, its types checked. Empty text, an empty map and None are what was not given. option: what messages call
    it."""

    name: str
    option: str
    present: bool = True
    version: str = ""
    variant: str = ""
    install_from: str = ""
    url: str = ""
    src: str = ""
    remote_src: bool = False
    checksum: Checksums = ""
    signature: Dict[str, str] = {}
    path: str = ""
    replace: bool = False
    register: str = "auto"
    via: str = ""
    registered_as: str = ""
    args: Optional[List[str]] = None
    options: Dict[str, Any] = {}
    describe: Optional[Dict[str, Any]] = None


def parse(value: Any, position: int) -> Wish:
    """One wish as users write it. position: in their list. Raises SlipwayError that names the option."""
    given = {"name": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"].strip():
        raise wrong("catalogue[%d]" % position, "name", "give a runtime's name, or a map with a 'name'")
    name = given["name"].strip()
    option = "catalogue[%s]" % name
    found: Dict[str, Any] = {}
    for key, one in given.items():
        if key not in WISH_SPEC:
            raise wrong(
                option, str(key), "there is no such key; %sthere are %s" % (
                    nearest(str(key), list(WISH_SPEC)), ", ".join(sorted(WISH_SPEC))), "unknown_key")
        if one is not None and key not in ("name", "state", "as"):
            found[key] = _typed(one, WISH_SPEC[key], option, key)
    wish = Wish(
        name=name, option=option, present=_typed(given.get("state") or "present", WISH_SPEC["state"], option, "state")
        == "present", registered_as=_typed(given.get("as") or "", WISH_SPEC["as"], option, "as"), **found)
    _check(wish)
    return wish


def wrong(option: str, key: str, what: str, reason: str = "bad_wish") -> SlipwayError:
    """The error about a key of a wish."""
    place = "%s.%s" % (option, key) if key else option
    return SlipwayError(reason, "%s: %s" % (place, what), option=place)


def _typed(value: Any, spec: Dict[str, Any], option: str, key: str) -> Any:
    kind = spec["type"]
    if kind == "str":
        if not isinstance(value, str):
            raise wrong(option, key, "give text; %s" % _kind_of(value))
        if value not in spec.get("choices", [value]):
            raise wrong(option, key, "'%s' is none of %s" % (value, ", ".join(spec["choices"])))
        return value
    try:
        if kind == "bool":
            return check_type_bool(value)
        if kind == "dict":
            return check_type_dict(value)
        if kind == "list":
            return [str(one) for one in check_type_list(value)]
    except (TypeError, ValueError) as error:
        raise wrong(option, key, str(error))
    return value


def _kind_of(value: Any) -> str:
    """What stands where text should, in words of YAML."""
    if isinstance(value, bool):
        return "this is true or false, so put it in quotes"
    if isinstance(value, (int, float)):
        return "this is a number, so put it in quotes"
    if isinstance(value, (list, dict)):
        return "this is a %s" % ("list" if isinstance(value, list) else "map")
    return "this is a date, so put it in quotes"


def _check(wish: Wish) -> None:
    """What contradicts itself, whatever the runtime."""
    if wish.url and wish.src:
        raise wrong(wish.option, "src", "give one of 'url' and 'src'")
    for key, origin in (("url", "release"), ("src", "file")):
        if getattr(wish, key) and wish.install_from not in ("", origin):
            raise wrong(
                wish.option, key, "it is for 'install_from: %s', and this says '%s'" % (origin, wish.install_from))
    if wish.src.endswith((".deb", ".rpm")):
        raise wrong(
            wish.option, "src", "a package's file is for the host's package manager: install it with "
            "ansible.builtin.apt or dnf, and say 'install_from: package' or 'none' here")
    if wish.install_from == "file" and not wish.src and wish.present:
        raise wrong(wish.option, "src", "'install_from: file' needs it: a file on the controller, or with 'remote_src: "
                    "true' on the host")
    if wish.remote_src and not wish.src:
        raise wrong(wish.option, "remote_src", "it is about 'src', and there is none")
    if wish.path and not wish.path.startswith("/"):
        raise wrong(wish.option, "path", "'%s' is no absolute path" % wish.path)
    if wish.registered_as == "runc":
        raise wrong(wish.option, "as", "the name runc is the engine's own; take another one, such as runc-1.3",
                    "reserved_name")
    for key, text in wish.signature.items():
        if key not in ("key", "src", "url") or not isinstance(text, str):
            raise wrong(wish.option, "signature", "give 'key', the armored public key of whoever signs, and where the catalogue "
                        "knows no address of the signature its 'url' or 'src'")
    if wish.signature and not wish.signature.get("key"):
        raise wrong(wish.option, "signature.key", "give the armored public key of whoever signs")
    if wish.signature and wish.install_from in ("build", "none", "package"):
        raise wrong(
            wish.option, "signature", "with 'install_from: %s' nothing is fetched that it could be of" % wish.install_from)
    _check_checksum(wish.checksum, wish.option, "checksum", depth=0)


def _check_checksum(value: Any, option: str, key: str, *, depth: int) -> None:
    if isinstance(value, dict) and value and depth < 2:
        for name, one in value.items():
            _check_checksum(one, option, "%s.%s" % (key, name), depth=depth + 1)
    elif isinstance(value, str):
        if value:
            parse_checksum(value, "%s.%s" % (option, key))
    else:
        raise wrong(
            option, key, "give 'sha256:...' or 'sha512:...', or a map of these by architecture (%s)" % ", ".join(
                ARCHITECTURES), "bad_checksum")
