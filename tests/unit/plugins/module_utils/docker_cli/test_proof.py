# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own image, as 'docker load' takes it."""

import hashlib
import io
import json
import tarfile

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.proof import archive, architecture_of
from ansible_collections.slipway.runtimes.plugins.module_utils.probe import image


def test_the_archive_holds_together():
    """The manifest names what is there, and the configuration's digest of the layer is the layer's; the same at every call."""
    content = archive("amd64", "localhost/x:1")
    assert content == archive("amd64", "localhost/x:1")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar.getmembers()}
    manifest, = json.loads(files.pop("manifest.json").decode())
    config = files.pop(manifest["Config"])
    layer = files.pop(manifest["Layers"][0])
    assert not files and manifest["RepoTags"] == ["localhost/x:1"]
    assert manifest["Config"] == hashlib.sha256(config).hexdigest() + ".json"
    facts = json.loads(config.decode())
    assert facts["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()] and layer == image.image_archive("amd64")
    assert facts["config"]["Entrypoint"] == [image.entrypoint("amd64")]


@pytest.mark.parametrize("machine, architecture", [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")])
def test_architectures(machine, architecture):
    """As uname says them."""
    assert architecture_of(machine) == architecture


def test_a_machine_without_a_probe():
    """It is said which option."""
    with pytest.raises(SlipwayError) as caught:
        architecture_of("sparc64")
    assert caught.value.option == "probe"
