// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bounce rules. They are asked in order; the first rule that matches wins.

#include "core/result.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/smtp_stage.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::reading {

/// What a rule looks at: the report about one recipient, flattened to text.
struct RuleInput {
    int reply_code = 0;  ///< 0 when unknown
    std::optional<mail::EnhancedStatus> status;
    std::string_view text;  ///< diagnostic text, or the human text when there is none, as it came
    std::string_view remote_mta;
    std::string_view reporting_mta;
    SmtpStage stage = SmtpStage::Unknown;
};

/// A case that a rule must win. A reply code or an enhanced status that is not given is taken from
/// the text ("550 5.1.1 No such user").
struct RuleExample {
    std::string text;
    std::string remote_mta;
    std::string reporting_mta;
    std::string reply;   ///< "550", or empty
    std::string status;  ///< "5.1.1", or empty
    int line = 0;        ///< the line of the example; 0: unknown

    bool operator==(const RuleExample&) const = default;
};

/// A rule as it was written. All given matchers must match; a list matches when any of its items
/// does. Texts are RE2 patterns, which match anywhere and ignore letter case. They are tried on the
/// text that `rule_text` makes.
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
    /// The id of the provider whose replies alone the rule reads; empty: anybody's.
    std::string provider;
    /// Ids of rules that this rule may shadow and whose examples it may win.
    std::vector<std::string> overrides;
    std::string file;  ///< where the rule stands, for error messages
    int line = 0;
    bool local = false;  ///< the administrator's own, which wins and is believed

    /// True when the rule looks at a text or a name, and not only at bare codes.
    [[nodiscard]] bool reads_text() const {
        return !text.empty() || !remote_mta.empty() || !reporting_mta.empty() || !provider.empty();
    }
};

/// A mail provider. Rules that name it read its replies only.
struct Provider {
    std::string id;
    /// Names of hosts. The remote or the reporting MTA is one of them or below one.
    std::vector<std::string> hosts;
    /// Patterns of what only this provider writes into its texts.
    std::vector<std::string> marks;
    std::string file;
    int line = 0;
};

struct RuleError {
    std::string file;
    int line;
    std::string message;
};

/// A rule that was read late can't be used. `what` has its file and line.
class BadLateRule : public std::runtime_error {
public:
    explicit BadLateRule(const RuleError& error);
};

struct RuleMatch {
    std::size_t rank;  ///< of two matches in one set, the one with the lower rank wins
    const Rule* rule;  ///< lives as long as the set
};

/// Rules of providers that are read when a provider first answers, since most texts need none of
/// them.
struct LateRules {
    /// They stand before this rule of the set.
    std::size_t before = 0;
    /// Ids of the providers, in the order of their rules.
    std::vector<std::string> providers;
    /// Reads the rules of a provider, by its id. Called from any thread, once for each.
    std::function<core::Result<std::vector<Rule>, RuleError>(const std::string& provider)> read;
};

/// Immutable; share it freely between threads. Patterns are compiled when they are first tried.
class RuleSet {
public:
    /// Takes the rules in their order. Errors: an unknown code or provider, a rule without a
    /// matcher or an example, a repeated id, a pattern of the administrator's that does not
    /// compile. `check_rules` checks the other patterns and the examples.
    [[nodiscard]] static core::Result<RuleSet, std::vector<RuleError>> make(
        std::vector<Rule> rules,
        const terms::CodeCatalogue& codes,
        std::vector<Provider> providers = {},
        LateRules late = {});

    RuleSet(RuleSet&&) noexcept;
    RuleSet& operator=(RuleSet&&) noexcept;
    RuleSet(const RuleSet&) = delete;
    RuleSet& operator=(const RuleSet&) = delete;
    ~RuleSet();

    /// The first rule whose matchers all match; nullopt when there is none. Throws `BadLateRule`.
    [[nodiscard]] std::optional<RuleMatch> match(const RuleInput& input) const;

    /// All rules but the late ones.
    [[nodiscard]] const std::vector<Rule>& rules() const;

    /// Compiles every pattern and returns those that can't be used.
    [[nodiscard]] std::vector<RuleError> pattern_errors() const;

private:
    struct Compiled;
    struct Late;
    class Question;
    explicit RuleSet(std::unique_ptr<Compiled> compiled);

    std::unique_ptr<Compiled> compiled_;
};

}  // namespace holdback::reading
