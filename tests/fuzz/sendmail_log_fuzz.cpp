// SPDX-License-Identifier: Apache-2.0
// Any octets as what Sendmail says on a line of the mail log.
#include "mail/outcome.hpp"
#include "maillog/log_line.hpp"
#include "maillog/sendmail_log.hpp"

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
    const maillog::LogFacts facts =
        maillog::read_sendmail_line({.at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23),
                                     .program = "sendmail",
                                     .message = text});
    expect(facts.outcomes.size() <= 1000);
    for (const holdback::mail::MtaOutcome& outcome : facts.outcomes) {
        expect(text.starts_with(outcome.queue_id + ": to="));
        expect(!outcome.recipient.empty() && outcome.recipient.size() < text.size());
        expect(outcome.status.has_value());
    }
    return 0;
}
