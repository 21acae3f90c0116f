// SPDX-License-Identifier: Apache-2.0
#pragma once
// What flows work by in tests that ask little of rules: a few codes, default settings.

#include "config/settings.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "limits/limit_set.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "tests/support/code_samples.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace holdback::support {

inline std::shared_ptr<const flow::Snapshot> small_snapshot(std::vector<reading::Rule> all = {},
                                                            const config::Settings& settings = {},
                                                            limits::LimitSet limits = {}) {
    terms::CodeCatalogue codes = small_catalogue();
    reading::RuleSet rules = reading::RuleSet::make(std::move(all), codes).value();
    return std::make_shared<const flow::Snapshot>(
        flow::Snapshot{.settings = settings,
                       .codes = std::move(codes),
                       .knowledge = {.rules = std::move(rules), .lexicon = {}},
                       .lists = {},
                       .limits = std::move(limits),
                       .notices = {}});
}

/// A message as far as the MTA has told it, judged by these settings.
inline flow::PassingMessage passing_message(const config::Settings& settings,
                                            mail::Envelope envelope,
                                            mail::HeaderList headers = {},
                                            flow::Submitting who = {}) {
    return {.snapshot = small_snapshot({}, settings),
            .who = std::move(who),
            .envelope = std::move(envelope),
            .headers = std::move(headers)};
}

}  // namespace holdback::support
