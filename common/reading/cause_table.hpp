// SPDX-License-Identifier: Apache-2.0
#pragma once
// The table of causes and codes: the code of a cause, the cause that an enhanced status or a bare
// reply code names, and the default whom of words that only say what is wrong. All of it is data.

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

/// Filled line by line, then asked. Of several lines about the same thing the first one counts, but
/// a line that names whom wins over one with "*".
class CauseTable {
public:
    /// Adds a line "NAME = VALUE" of one of the sections [codes], [defaults], [weak], [status],
    /// [reply]. A line of [weak] is a cause, or what is wrong alone, without a value. Returns what
    /// is wrong with the line; empty when nothing is.
    [[nodiscard]] std::string add(std::string_view section,
                                  std::string_view line,
                                  const terms::CodeCatalogue& codes);
    /// True for the sections that `add` takes.
    [[nodiscard]] static bool has_section(std::string_view name);

    /// The code of a cause. A cause without a code has that of the same `what` with its default
    /// whom. `transient`: the reply or the status is of class 4. nullopt when there is no code at
    /// all.
    [[nodiscard]] std::optional<terms::FailureCode> code_of(const Cause& cause,
                                                            bool transient) const;
    /// True when a line names exactly this cause, and not "*".
    [[nodiscard]] bool has_row(const Cause& cause) const;
    /// The place of a cause in the list of codes. A smaller number counts for more.
    [[nodiscard]] std::size_t weight_of(const Cause& cause) const;
    /// Whom `what` is about by default; Nobody when no line says so.
    [[nodiscard]] Whom default_whom(What what) const;
    /// True for an end state or a general word. A stated cause wins over it.
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
