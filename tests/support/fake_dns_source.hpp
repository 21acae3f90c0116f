// SPDX-License-Identifier: Apache-2.0
#pragma once
// A source of DNS answers that answers when the test says so.

#include "core/clock.hpp"
#include "io/dns/dns_source.hpp"
#include "mail/dns_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace holdback::support {

/// Keeps questions until `answer_next`, or answers at once what `zone` has. Not for several
/// threads.
class FakeDnsSource final : public io::dns::DnsSource {
public:
    struct Asked {
        mail::DnsQuestion question;
        core::SteadyPoint deadline;
        core::SteadyPoint late;
        std::uint64_t asker;
        io::dns::DnsCallback callback;
    };

    void ask(const mail::DnsQuestion& question,
             const io::dns::DnsTerms& terms,
             io::dns::DnsCallback callback) override {
        ++asked_count;
        const auto known = zone.find(question);
        if (known != zone.end()) {
            mail::DnsAnswer answer = known->second;
            answer.question = question;
            callback(std::move(answer));
            return;
        }
        waiting.push_back({question, terms.until, terms.late, terms.asker, std::move(callback)});
    }

    [[nodiscard]] io::dns::DnsCounters counters() const override {
        io::dns::DnsCounters counters;
        counters.questions = asked_count;
        return counters;
    }

    /// Answers the question that waits longest; its name and type are filled in.
    void answer_next(mail::DnsAnswer answer) {
        const Asked asked = std::move(waiting.front());
        waiting.pop_front();
        answer.question = asked.question;
        asked.callback(std::move(answer));
    }

    std::map<mail::DnsQuestion, mail::DnsAnswer> zone;
    std::deque<Asked> waiting;
    std::size_t asked_count = 0;
};

}  // namespace holdback::support
