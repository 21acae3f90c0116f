// SPDX-License-Identifier: Apache-2.0
// Any octets as what Postfix says on a line of the mail log.
#include "mail/outcome.hpp"
#include "maillog/log_line.hpp"
#include "maillog/postfix_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace maillog = holdback::maillog;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    const maillog::LogClock clock{.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23),
                                  .utc_offset = std::chrono::hours(1)};
    static_cast<void>(maillog::read_maillog_line(text, clock));
    const maillog::LogFacts facts =
        maillog::read_postfix_line({.at = clock.now, .program = "postfix/smtp", .message = text});
    expect(facts.outcomes.size() <= 1);
    for (const holdback::mail::MtaOutcome& outcome : facts.outcomes) {
        expect(text.starts_with(outcome.queue_id + ": to=<" + outcome.recipient + ">"));
        expect(!outcome.queue_id.empty() && outcome.relay_port <= 65535);
    }
    return 0;
}
