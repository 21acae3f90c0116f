// SPDX-License-Identifier: Apache-2.0
#include "outbound/forecast.hpp"

#include "outbound/findings.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"

#include <optional>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using terms::FindingName;
using terms::PolicyAction;

Finding finding(FindingName name) {
    return {.name = name,
            .code = std::nullopt,
            .certainty = terms::Certainty::Hint,
            .reason = {},
            .advice = {},
            .suggestion = {}};
}

}  // namespace

TEST_CASE("the outlook is that of the gravest finding that speaks of a bounce") {
    struct Row {
        std::vector<Finding> found;
        Outlook want;
    };
    const std::vector<Row> rows{
        {{}, Outlook::Delivered},
        {{finding(FindingName::UnusualAddress)}, Outlook::Delivered},
        {{finding(FindingName::SuppressedUnsubscribe)}, Outlook::Delivered},
        {{finding(FindingName::AlreadySent)}, Outlook::Delivered},
        {{finding(FindingName::MissingUnsubscribe)}, Outlook::Delivered},
        {{finding(FindingName::UnresolvedDomain)}, Outlook::Unknown},
        {{finding(FindingName::SuppressedBounce)}, Outlook::LikelyBounce},
        {{finding(FindingName::MisspelledDomain), finding(FindingName::UnresolvedDomain)},
         Outlook::LikelyBounce},
        {{finding(FindingName::UnusableMx)}, Outlook::LikelyBounce},
        {{finding(FindingName::NoSuchDomain), finding(FindingName::MisspelledDomain)},
         Outlook::CertainBounce},
        {{finding(FindingName::MalformedAddress)}, Outlook::CertainBounce},
        {{finding(FindingName::NullMx)}, Outlook::CertainBounce},
    };
    for (const Row& row : rows) {
        CHECK(outlook(row.found) == row.want);
    }
}

TEST_CASE("a forecast tells the bounce rate, the troubled domains and the duplicates") {
    Forecast forecast;
    CHECK(forecast.text().empty());
    const std::vector<Finding> null_mx{finding(FindingName::NullMx)};
    const std::vector<Finding> left{finding(FindingName::SuppressedUnsubscribe)};
    forecast.add("a@x.test", "x.test", null_mx, PolicyAction::Hold);
    forecast.add("b@x.test", "x.test", null_mx, PolicyAction::Pass);
    forecast.add("a@y.test", "y.test", left, PolicyAction::Hold);
    forecast.add("a@good.test", "good.test", {}, PolicyAction::Pass);
    forecast.add("a@good.test", "good.test", {}, PolicyAction::Pass);
    forecast.add("a@good.test", "good.test", {}, PolicyAction::Tag);
    forecast.add("nonsense", "", {}, PolicyAction::Reject);
    forecast.add("b@good.test", "good.test", {}, PolicyAction::Pass);
    CHECK(forecast.recipients() == 8);
    CHECK(forecast.duplicates() == 2);
    CHECK(forecast.of(Outlook::CertainBounce) == 2);
    CHECK(forecast.text().starts_with("predicted bounce rate: 25.0 % (2 of 8)\n"));
    CHECK(forecast.troubled_domains(10) ==
          std::vector<TroubledDomain>{{"x.test", 2}, {"y.test", 1}});
    CHECK(forecast.troubled_domains(1).size() == 1);
}

}  // namespace holdback::outbound
