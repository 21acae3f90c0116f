// SPDX-License-Identifier: Apache-2.0
#include "flow/incoming/log_silence.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::incoming {

using namespace std::chrono_literals;

TEST_CASE("a silence is told once, a minute after the first mail of which nothing was heard") {
    LogSilence silence;
    core::SteadyPoint now{1000s};
    CHECK_FALSE(silence.to_tell(now + 1h).has_value());  // no mail has left
    silence.mail_left(now);
    silence.mail_left(now + 50s);
    CHECK_FALSE(silence.to_tell(now + 59s).has_value());
    CHECK(silence.to_tell(now + 60s) == 60s);
    CHECK_FALSE(silence.to_tell(now + 61s).has_value());
    CHECK(silence.lasts(now + 90s) == 90s);
    silence.mail_left(now + 95s);
    CHECK_FALSE(silence.to_tell(now + 10min).has_value());
}

TEST_CASE("what is heard ends a silence, and the next one is told again") {
    LogSilence silence;
    const core::SteadyPoint now{1000s};
    silence.mail_left(now);
    CHECK_FALSE(silence.heard());  // it was not told
    CHECK_FALSE(silence.to_tell(now + 2min).has_value());
    silence.mail_left(now + 2min);
    CHECK(silence.to_tell(now + 4min).has_value());
    CHECK(silence.heard());
    CHECK_FALSE(silence.lasts(now + 5min).has_value());
    CHECK_FALSE(silence.heard());
    silence.mail_left(now + 6min);
    CHECK(silence.to_tell(now + 8min) == 120s);
}

TEST_CASE("what left before a log is followed says nothing of it") {
    LogSilence silence;
    const core::SteadyPoint now{1000s};
    silence.mail_left(now);
    silence.begin();
    CHECK_FALSE(silence.to_tell(now + 2min).has_value());
}

TEST_CASE("a silence names its likely cause") {
    config::MaillogSettings file;
    file.file = "/var/log/mail.log";
    config::MaillogSettings journal;
    journal.journal = true;
    struct Row {
        std::string_view what;
        SilentLog log;
        config::MaillogSettings settings;
        std::string_view want;
    };
    const std::vector<Row> rows{
        {"an empty file", {}, file, "nothing was written to it: it is the wrong file"},
        {"other lines", {.lines = 7}, file, "none of the 7 lines that came is about mail"},
        {"it stopped", {.lines = 9, .mail_lines = 2}, file, "it had lines about mail before"},
        {"no journal", {}, journal, "runs in a container whose journal is not this one"},
        {"no mail in it", {.lines = 3}, journal, "but none about mail"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const std::string text = silence_text(row.log, 75s, row.settings);
        CHECK(text.find(row.want) != std::string::npos);
        CHECK(text.find("about mail that left 75 s ago") != std::string::npos);
        CHECK(text.starts_with(row.settings.journal ? "no line in the journal "
                                                    : "no line in \"/var/log/mail.log\" "));
    }
}

}  // namespace holdback::flow::incoming
