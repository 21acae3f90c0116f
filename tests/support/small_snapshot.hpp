// SPDX-License-Identifier: Apache-2.0
#pragma once
// What flows work by in tests that ask nothing of rules: a few codes, no rule, default settings.

#include "dsn/rule_set.hpp"
#include "flow/snapshot.hpp"
#include "mail/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <memory>
#include <utility>

namespace holdback::support {

inline std::shared_ptr<const flow::Snapshot> small_snapshot() {
    mail::CodeCatalogue codes = small_catalogue();
    dsn::RuleSet rules = dsn::RuleSet::make({}, codes).value();
    return std::make_shared<const flow::Snapshot>(
        flow::Snapshot{.settings = {},
                       .codes = std::move(codes),
                       .knowledge = {.rules = std::move(rules), .lexicon = {}},
                       .lists = {},
                       .notices = {}});
}

}  // namespace holdback::support
