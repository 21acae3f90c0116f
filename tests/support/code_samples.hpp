// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small code catalogue and rules that are written in one line, for tests of what uses them.

#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace holdback::support {

inline terms::CodeEntry code_entry(int number,
                                   std::string name,
                                   terms::FailureClass failure_class,
                                   terms::Learning learning = terms::Learning::Never) {
    return {.code = terms::FailureCode::from_number(number).value_or(terms::kUnknownFailure),
            .name = std::move(name),
            .failure_class = failure_class,
            .parent = {},
            .meaning = "meaning",
            .advice = "advice",
            .who = terms::Actor::Nobody,
            .resend_helps = false,
            .learning = learning};
}

/// One code of each class and of each way of learning; 6001 is an extension of 4999.
inline terms::CodeCatalogue small_catalogue() {
    using enum terms::FailureClass;
    std::vector<terms::CodeEntry> entries = {
        code_entry(1004, "content-rejected", Rejected),
        code_entry(1011, "challenge-response", Rejected),
        code_entry(2001, "address-invalid", Permanent, terms::Learning::Suppress),
        code_entry(2002, "domain-invalid", Permanent, terms::Learning::SuppressDomain),
        code_entry(3001, "mailbox-full", Temporary, terms::Learning::Count),
        code_entry(4999, "communication-other", Communication),
        code_entry(5001, "auto-reply", Informational),
        code_entry(5002, "complaint", Informational, terms::Learning::Suppress),
        code_entry(5999, "informational-other", Informational),
        code_entry(6001, "sender-login-failed", Communication),
        code_entry(9999, "unknown", Unknown),
    };
    for (terms::CodeEntry& entry : entries) {
        if (entry.code == terms::FailureCode(6001)) {
            entry.parent = terms::FailureCode(4999);
        }
        if (entry.code == terms::FailureCode(5002)) {
            entry.expiry = std::chrono::days(0);
        }
        if (entry.code == terms::FailureCode(2002)) {
            entry.expiry = std::chrono::days(2);
        }
    }
    return terms::CodeCatalogue::make(std::move(entries)).value();
}

/// A rule on the text alone.
inline reading::Rule text_rule(std::string id, int code, std::string text, std::string example) {
    reading::Rule rule;
    rule.id = std::move(id);
    rule.code = terms::FailureCode::from_number(code).value_or(terms::kUnknownFailure);
    if (!text.empty()) {
        rule.text = {std::move(text)};
    }
    rule.expect.push_back({.text = std::move(example),
                           .remote_mta = {},
                           .reporting_mta = {},
                           .reply = {},
                           .status = {}});
    return rule;
}

}  // namespace holdback::support
