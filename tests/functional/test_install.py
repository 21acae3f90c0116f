# SPDX-License-Identifier: Apache-2.0
"""Installing, and installing again over what an administrator made of it."""

import shutil
import subprocess

import pytest

from lab import need
from lab.holdback import build


@pytest.fixture(name="install")
def fixture_install(tmp_path):
    """Runs one part of the installation into a scratch root; gives that and what was said."""
    cmake = shutil.which("cmake")
    if cmake is None:
        need.need("cmake")

    def run(part, *options):
        done = subprocess.run(
            [cmake, *options, "-P", build() / part / "cmake_install.cmake"],
            env={"PATH": "/usr/bin:/bin", "DESTDIR": str(tmp_path)},
            capture_output=True, text=True, timeout=60, check=True,
        )
        return done.stdout + done.stderr

    run.root = tmp_path
    return run


def test_installing_again_keeps_what_the_administrator_changed(install):
    install("conf")
    conf = next(install.root.rglob("holdback.conf")).parent
    ours = {name: (conf / name).read_text() for name in
            ("holdback.conf", "codes.conf", "rules.d/local.conf", "notices.d/local.conf")}
    install("conf")
    assert not list(conf.rglob("*.dist"))
    for name in ours:
        (conf / name).write_text(f"# mine\n{ours[name]}")
    (conf / "holdback.conf.d/own.conf").write_text("# mine\n")
    told = install("conf")
    for name, text in ours.items():
        assert (conf / name).read_text() == f"# mine\n{text}"
        assert (conf / f"{name}.dist").read_text() == text
        assert f"{conf / name} (the new default is" in told
    assert (conf / "holdback.conf.d/own.conf").read_text() == "# mine\n"


def test_another_prefix_is_told_where_the_programs_look(install):
    told = install("conf", "-DCMAKE_INSTALL_PREFIX=/opt/holdback")
    assert "settings from" in " ".join(told.split()) and "etc/holdback" in told
    install("contrib", "-DCMAKE_INSTALL_PREFIX=/opt/holdback")
    unit = (install.root / "opt/holdback/lib/systemd/system/holdback.service").read_text()
    assert "\nExecStart=/opt/holdback/sbin/holdback\n" in unit
    assert "\nExecReload=/opt/holdback/bin/holdbackctl reload\n" in unit
