// SPDX-License-Identifier: Apache-2.0
#pragma once
// What flows work by in tests that ask little of rules: a few codes, default settings.

#include "flow/snapshot.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace holdback::support {

inline std::shared_ptr<const flow::Snapshot> small_snapshot(std::vector<reading::Rule> all = {}) {
    terms::CodeCatalogue codes = small_catalogue();
    reading::RuleSet rules = reading::RuleSet::make(std::move(all), codes).value();
    return std::make_shared<const flow::Snapshot>(
        flow::Snapshot{.settings = {},
                       .codes = std::move(codes),
                       .knowledge = {.rules = std::move(rules), .lexicon = {}},
                       .lists = {},
                       .notices = {}});
}

}  // namespace holdback::support
