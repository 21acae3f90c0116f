// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bounce rules: compiled once, asked in their order, the lowest index wins.

#include "core/result.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// What a rule looks at: one recipient's report, flattened to text.
struct RuleInput {
    int reply_code = 0;  ///< 0 when unknown
    std::optional<mail::EnhancedStatus> status;
    std::string_view text;  ///< diagnostic text (or the human text when there is none), as it came
    std::string_view remote_mta;
    std::string_view reporting_mta;
    SmtpStage stage = SmtpStage::Unknown;
};

/// A case that a rule must win. What is not given is taken out of the text: reply code and enhanced
/// status of "550 5.1.1 No such user".
struct RuleExample {
    std::string text;
    std::string remote_mta;
    std::string reporting_mta;
    std::string reply;   ///< "550", or empty
    std::string status;  ///< "5.1.1", or empty
    int line = 0;        ///< where the example stands; 0: unknown

    bool operator==(const RuleExample&) const = default;
};

/// A rule as it was written. All matchers that are given must match, a list when any of its items
/// does; texts are RE2 patterns, matched anywhere and without regard to letter case, against the
/// text as `rule_text` makes it.
struct Rule {
    std::string id;  ///< "text/user-unknown": letters, digits and `/ . _ -`
    terms::FailureCode code = terms::kUnknownFailure;
    std::vector<std::string> text;           ///< patterns on the diagnostic text; empty: any
    std::vector<std::string> remote_mta;     ///< patterns on the remote MTA's name; empty: any
    std::vector<std::string> reporting_mta;  ///< patterns on the reporting MTA's name; empty: any
    /// Reply codes such as "550", "55?", "5??"; empty: any.
    std::vector<std::string> reply;
    /// Enhanced statuses such as "5.1.1", "5.7.*", "*.2.2"; empty: any.
    std::vector<std::string> status;
    std::vector<RuleExample> expect;  ///< at least one
    /// The id of the provider whose answers alone the rule reads; empty: anybody's.
    std::string provider;
    /// Ids of rules whose examples this rule may win, and which it may shadow.
    std::vector<std::string> overrides;
    std::string file;  ///< where the rule stands, for error messages
    int line = 0;
    bool local = false;  ///< the administrator's own, which wins and is believed

    /// True when the rule looks at a text or a name, and not at bare codes alone.
    [[nodiscard]] bool reads_text() const {
        return !text.empty() || !remote_mta.empty() || !reporting_mta.empty() || !provider.empty();
    }
};

/// Who answers: rules that name him read his answers only.
struct Provider {
    std::string id;
    /// Names of hosts: the remote or the reporting MTA is one of them or below one.
    std::vector<std::string> hosts;
    /// Patterns of what only this provider writes into his texts.
    std::vector<std::string> marks;
    std::string file;
    int line = 0;
};

/// What is wrong with a rule.
struct RuleError {
    std::string file;
    int line;
    std::string message;
};

struct RuleMatch {
    std::size_t index;
    const Rule* rule;  ///< lives as long as the set
};

/// Immutable; share it freely between threads. Patterns are compiled when they are first tried.
class RuleSet {
public:
    /// Takes the rules in their order. Errors: an unknown code or provider, a rule without matcher
    /// or example, an id that stands twice, a pattern of the administrator's that does not compile.
    /// Other patterns, and the examples, are looked at by `check_rules`.
    [[nodiscard]] static core::Result<RuleSet, std::vector<RuleError>> make(
        std::vector<Rule> rules,
        const terms::CodeCatalogue& codes,
        std::vector<Provider> providers = {});

    RuleSet(RuleSet&&) noexcept;
    RuleSet& operator=(RuleSet&&) noexcept;
    RuleSet(const RuleSet&) = delete;
    RuleSet& operator=(const RuleSet&) = delete;
    ~RuleSet();

    /// The rule with the lowest index of which every matcher matches; nullopt when there is none.
    [[nodiscard]] std::optional<RuleMatch> match(const RuleInput& input) const;

    [[nodiscard]] const std::vector<Rule>& rules() const;

    /// Compiles every pattern and says which ones can't be used.
    [[nodiscard]] std::vector<RuleError> pattern_errors() const;

private:
    struct Compiled;
    explicit RuleSet(std::unique_ptr<Compiled> compiled);

    std::unique_ptr<Compiled> compiled_;
};

}  // namespace holdback::reading
