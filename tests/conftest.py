# SPDX-License-Identifier: Apache-2.0
"""Puts `lab` into reach of the tests; what cannot run here is skipped, and a run of which
everything was skipped ends with exit status 77, as ctest knows it."""

SKIPPED = 77


def _reason(report):
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_terminal_summary(terminalreporter):
    for reason in sorted({_reason(r) for r in terminalreporter.stats.get("skipped", [])}):
        terminalreporter.write_line(reason)


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if exitstatus == 0 and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = SKIPPED
