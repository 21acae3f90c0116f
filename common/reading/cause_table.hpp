// SPDX-License-Identifier: Apache-2.0
#pragma once
// Causes and codes: which code a cause has, which cause an enhanced status or a bare reply code
// names, and whom words speak of that only say what. All of it is data.

#include "mail/enhanced_status.hpp"
#include "reading/cause.hpp"
#include "terms/failure_code.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::reading {

/// Filled line by line, then asked. Of lines about the same thing the first one counts, but a named
/// whom stands before "*".
class CauseTable {
public:
    /// A line "NAME = VALUE" under one of [codes], [defaults], [weak], [status], [reply] (a line
    /// of [weak] is a cause or a what alone, without a value). Returns what is wrong with it;
    /// empty when nothing is.
    [[nodiscard]] std::string add(std::string_view section,
                                  std::string_view line,
                                  const terms::CodeCatalogue& codes);
    /// True for the sections that `add` takes.
    [[nodiscard]] static bool has_section(std::string_view name);

    /// The code of a cause; where it has none, that of the same thing with its default whom.
    /// `transient`: the reply or the status is of class 4. nullopt when there is none at all.
    [[nodiscard]] std::optional<terms::FailureCode> code_of(const Cause& cause,
                                                            bool transient) const;
    /// True when a line names this very cause, and not "*".
    [[nodiscard]] bool has_row(const Cause& cause) const;
    /// The place of a cause in the list of codes: the smaller, the more it counts.
    [[nodiscard]] std::size_t weight_of(const Cause& cause) const;
    /// Whom "what" alone speaks of.
    [[nodiscard]] Whom default_whom(What what) const;
    /// True for an end state or a general word, which loses against a stated cause.
    [[nodiscard]] bool is_weak(const Cause& cause) const;
    [[nodiscard]] std::optional<Cause> cause_of(const mail::EnhancedStatus& status) const;
    [[nodiscard]] std::optional<Cause> cause_of_reply(int reply_code) const;

private:
    struct CodeRow {
        std::optional<Whom> whom;  ///< nullopt: any
        What what{};
        terms::FailureCode code = terms::kUnknownFailure;
        std::optional<terms::FailureCode> transient;
        bool operator==(const CodeRow&) const = default;
    };
    struct CodePattern {
        std::array<std::optional<int>, 3> parts;  ///< nullopt: any
        Cause cause;
    };
    struct WeakRow {
        std::optional<Whom> whom;
        What what{};
    };

    [[nodiscard]] std::string add_code(std::string_view name,
                                       std::string_view value,
                                       const terms::CodeCatalogue& codes);
    [[nodiscard]] std::string add_pattern(std::string_view section,
                                          std::string_view name,
                                          std::string_view value);
    [[nodiscard]] const CodeRow* row_of(const Cause& cause) const;

    std::vector<CodeRow> codes_;
    std::vector<std::pair<What, Whom>> defaults_;
    std::vector<WeakRow> weak_;
    std::vector<CodePattern> statuses_;
    std::vector<CodePattern> replies_;
};

}  // namespace holdback::reading
