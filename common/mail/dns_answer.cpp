// SPDX-License-Identifier: Apache-2.0
#include "mail/dns_answer.hpp"

#include <algorithm>
#include <string_view>

namespace holdback::mail {

const DnsAnswer* DomainAnswers::find(const DnsQuestion& question) const {
    const auto found = std::ranges::find(answers, question, &DnsAnswer::question);
    return found == answers.end() ? nullptr : &*found;
}

std::string_view wire_name(DnsType type) {
    switch (type) {
        case DnsType::A:
            return "a";
        case DnsType::Aaaa:
            return "aaaa";
        case DnsType::Mx:
            return "mx";
    }
    return "";
}

std::string_view wire_name(DnsOutcome outcome) {
    switch (outcome) {
        case DnsOutcome::Found:
            return "found";
        case DnsOutcome::NoData:
            return "no-data";
        case DnsOutcome::NoSuchName:
            return "no-such-name";
        case DnsOutcome::Unresolved:
            return "unresolved";
    }
    return "";
}

}  // namespace holdback::mail
