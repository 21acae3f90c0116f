# SPDX-License-Identifier: Apache-2.0
"""A log that is followed and tells nothing: said once, with the likely cause."""

import os

import pytest

from lab.mail import NEWS, message, send
from lab.wait import wait_for

PATIENCE = 60  # seconds from mail that left to the warning
SILENCE = "maillog: no line in"


def status(bench):
    return bench.holdback.ctl("status").rows[0]


def mail(bench, recipient):
    octets = message(NEWS, recipient, "Hello", f"For {recipient}\r\n")
    sent = send(bench.mta.relay_port, NEWS, [recipient], octets)
    assert sent.data[0] == 250, sent
    bench.settle()


def test_a_log_that_is_elsewhere_is_told_of_once_until_it_is_heard(bench):
    wrong = bench.base / "mail.log"
    wrong.write_text("")
    wrong.chmod(0o644)
    bench.holdback.change({"maillog": {"file": str(wrong)}})
    bench.holdback.reload()
    wait_for("it is followed", lambda: status(bench).get("maillog") == "ok")
    mail(bench, "anna@good.test")
    mail(bench, "ben@good.test")
    assert not bench.holdback.log(SILENCE) and status(bench)["maillog"] == "ok"
    (line,) = wait_for(
        "the warning", lambda: bench.holdback.log(SILENCE), seconds=PATIENCE + 20
    )
    assert "warning" in line and f'"{wrong}"' in line and "it is the wrong file" in line
    assert "maillog_file" in line and "container" in line
    shown = status(bench)
    assert shown["maillog"].startswith("no line about mail that left ")
    assert shown["maillog_lines"] == 0 and "maillog_last_line" not in shown
    mail(bench, "eva@good.test")
    assert len(bench.holdback.log(SILENCE)) == 1
    # The MTA's lines come after all. It writes them when the mail has long left.
    lines = wait_for("its lines", lambda: bench.mta.log("eva@good.test.*stat(us)?=(s|S)ent"))
    with open(wrong, "a", encoding="utf-8") as log:
        log.write("\n".join(lines) + "\n")
    wait_for("it is heard", lambda: bench.holdback.log("maillog: the log tells of mail again"))
    shown = status(bench)
    assert shown["maillog"] == "ok" and shown["maillog_mail_lines"] > 0
    assert shown["maillog_last_line"].startswith("20") and "maillog_lag_seconds" in shown
    assert len(bench.holdback.log(SILENCE)) == 1


def test_a_log_that_is_where_the_setting_says_is_heard(bench):
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    bench.holdback.change({"maillog": {"file": str(log)}})
    bench.holdback.reload()
    wait_for(
        "it is followed", lambda: status(bench).get("maillog_source") == f"file:{log}"
    )
    mail(bench, "anna@good.test")
    wait_for("it is heard", lambda: status(bench)["maillog_mail_lines"] > 0)
    assert status(bench)["maillog_lag_seconds"] < 10


def test_a_log_that_may_not_be_read_is_told_at_once_with_the_group(bench):
    if os.geteuid() != 0:
        pytest.skip("takes a file of root")
    closed = bench.base / "closed.log"
    closed.write_text("")
    closed.chmod(0o640)
    bench.holdback.change({"maillog": {"file": str(closed)}})
    bench.holdback.reload()
    (line, *_) = wait_for(
        "the warning", lambda: bench.holdback.log(f"maillog: .*{closed}"), seconds=2
    )
    assert "Permission denied" in line and "in the group root that may read it" in line
    assert "Permission denied" in status(bench)["maillog"]
