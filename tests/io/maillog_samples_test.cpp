// SPDX-License-Identifier: Apache-2.0
// Every pair tests/data/maillog/NAME.log and NAME.expect: lines of real MTAs, and what they say in
// order. An .expect line is "queued", queue id and sender, or result, queue id, recipient, original
// recipient, mailer, relay, relay address, relay port, status, reply and text, with tabs between.
#include "mail/outcome.hpp"
#include "maillog/log_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io {

namespace {

std::vector<std::string> lines_in(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

std::string shown(const mail::MtaOutcome& outcome) {
    return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                       wire_name(outcome.result),
                       outcome.queue_id,
                       outcome.recipient,
                       outcome.original_recipient,
                       outcome.mailer,
                       outcome.relay,
                       outcome.relay_address,
                       outcome.relay_port,
                       outcome.status.has_value() ? outcome.status->text() : "",
                       outcome.reply.has_value() ? outcome.reply->line() : "",
                       outcome.text);
}

std::vector<std::string> understood(const std::filesystem::path& path) {
    const maillog::LogClock clock{.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23),
                                  .utc_offset = {}};
    std::vector<std::string> all;
    for (const std::string& line : lines_in(path)) {
        const maillog::LogFacts facts = maillog::read_maillog_line(line, clock);
        const std::string_view intake =
            facts.intake == maillog::Intake::Program ? "\tby sendmail(1)" : "";
        for (const mail::MtaOutcome& outcome : facts.outcomes) {
            all.push_back(shown(outcome).append(intake));
        }
        if (facts.queued.has_value()) {
            all.push_back(fmt::format(
                "queued\t{}\t{}{}", facts.queued->queue_id, facts.queued->sender, intake));
        }
    }
    return all;
}

}  // namespace

TEST_CASE("lines of real MTAs are understood as their samples say") {
    const std::filesystem::path directory =
        std::filesystem::path(HOLDBACK_SOURCE_DIR) / "tests/data/maillog";
    std::size_t samples = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        if (entry.path().extension() != ".log") {
            continue;
        }
        ++samples;
        const std::filesystem::path expect =
            std::filesystem::path(entry.path()).replace_extension(".expect");
        INFO(entry.path().filename().string());
        const std::vector<std::string> want = lines_in(expect);
        const std::vector<std::string> got = understood(entry.path());
        for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
            CHECK(got[i] == want[i]);
        }
        CHECK(got.size() == want.size());
    }
    CHECK(samples >= 6);
}

}  // namespace holdback::io
