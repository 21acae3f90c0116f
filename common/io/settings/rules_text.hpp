// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file of shipped rules as text, of which parts can be left out before it is parsed: parsing is
// most of the work of reading rules.

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// All parts keep the numbers of their lines, and lack comments and examples (a stub stands for
/// these). Immutable; share it freely between threads.
class RulesText {
public:
    RulesText(std::string name, std::string text);
    RulesText(const RulesText&) = delete;
    RulesText& operator=(const RulesText&) = delete;
    RulesText(RulesText&&) = delete;
    RulesText& operator=(RulesText&&) = delete;
    ~RulesText() = default;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& all() const { return text_; }
    /// False when a line could be within a text of several lines: then no part can be told.
    [[nodiscard]] bool is_plain() const;

    [[nodiscard]] std::string without_examples() const;
    /// The providers of its rules, in their order; empty for a rule for everybody.
    [[nodiscard]] std::vector<std::string> providers_of_rules() const;
    /// What is not a provider's: the providers themselves, and rules for everybody.
    [[nodiscard]] std::string of_nobody() const;
    /// The rules of a provider; empty when there are none.
    [[nodiscard]] std::string of(std::string_view provider) const;

private:
    struct Table {
        std::string_view text;
        std::string_view provider;  ///< of a rule
    };

    [[nodiscard]] std::string part(const auto& is_wanted) const;

    std::string name_;
    std::string text_;
    std::vector<Table> tables_;  ///< what stands before the first one is a table too
};

}  // namespace holdback::io::settings
