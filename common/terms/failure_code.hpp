// SPDX-License-Identifier: Apache-2.0
#pragma once
// The catalogue of normalized failure codes as values.

#include "core/result.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::terms {

/// A code of the catalogue, such as 2001: four digits, 1000 to 9999. Its meaning is in the
/// catalogue.
class FailureCode {
public:
    [[nodiscard]] static std::optional<FailureCode> from_number(int number);
    /// Exactly four digits.
    [[nodiscard]] static std::optional<FailureCode> parse(std::string_view text);
    /// A number for which the source code itself vouches.
    explicit consteval FailureCode(int number) : number_(number) {
        if (number < 1000 || number > 9999) {
            throw "a failure code has four digits";  // stops the compiler, never runs
        }
    }

    [[nodiscard]] int number() const { return number_; }
    auto operator<=>(const FailureCode&) const = default;

private:
    struct Checked {};
    FailureCode(int number, Checked /*unused*/) : number_(number) {}

    int number_;
};

// The codes that the source code gives or asks for. Their meaning is in the catalogue.
inline constexpr FailureCode kRejectedOther{1999};
inline constexpr FailureCode kAddressInvalid{2001};
inline constexpr FailureCode kDomainInvalid{2002};
inline constexpr FailureCode kAddressMalformed{2003};
inline constexpr FailureCode kMailboxFull{3001};
inline constexpr FailureCode kTryLater{3003};
inline constexpr FailureCode kTemporaryOther{3999};
inline constexpr FailureCode kComplaint{5002};
inline constexpr FailureCode kUnsubscribed{5003};
inline constexpr FailureCode kUnknownFailure{9999};

enum class FailureClass : std::uint8_t {
    Rejected,
    Permanent,
    Temporary,
    Communication,
    Informational,
    Unknown,
};

/// The one who has to act.
enum class Actor : std::uint8_t { Sender, Recipient, Admin, Provider, Nobody };

/// The lesson of a proven failure with this code.
enum class Learning : std::uint8_t {
    Never,
    Suppress,        ///< suppress the mailbox at once
    Count,           ///< suppress the mailbox after strikes on distinct days
    SuppressDomain,  ///< a short entry for the whole domain
};

/// True for a valid name of a code: a-z, 0-9 and hyphens, with no hyphen at either end. A name goes
/// into header fields, logs and metrics unchanged.
[[nodiscard]] bool is_code_name(std::string_view name);

/// One row of the catalogue.
struct CodeEntry {
    FailureCode code;
    std::string name;
    FailureClass failure_class;
    /// The code that is shown instead of an extension when extensions are off.
    std::optional<FailureCode> parent;
    std::string meaning;
    std::string advice;
    Actor who;
    /// Whether it can help to send the same again later.
    bool resend_helps;
    Learning learning;
    /// `Count`: the number of strikes that suppress, and their window.
    int strikes = 3;
    std::chrono::days window{30};
    /// The duration of the first suppression; zero: for ever.
    std::chrono::days expiry{180};

    bool operator==(const CodeEntry&) const = default;
};

/// The severity of a class for `X-Holdback-Code`: a smaller rank is graver. The order is permanent,
/// rejected, temporary, communication, unknown, informational.
[[nodiscard]] int severity_rank(FailureClass failure_class);

/// All codes, by number and by name. Immutable; share it freely between threads.
class CodeCatalogue {
public:
    /// `entries` in any order. The error is a text for people: a number or name that stands twice,
    /// a name that is not kebab-case, a parent that is absent or has a parent itself.
    [[nodiscard]] static core::Result<CodeCatalogue, std::string> make(
        std::vector<CodeEntry> entries);

    [[nodiscard]] const CodeEntry* find(FailureCode code) const;
    [[nodiscard]] const CodeEntry* find_name(std::string_view name) const;
    [[nodiscard]] const std::vector<CodeEntry>& entries() const { return entries_; }

    /// `code` itself, or its parent when `extensions` are off.
    [[nodiscard]] FailureCode shown_as(FailureCode code, bool extensions) const;

private:
    explicit CodeCatalogue(std::vector<CodeEntry> entries) : entries_(std::move(entries)) {}

    std::vector<CodeEntry> entries_;  // sorted by code
};

[[nodiscard]] std::string_view wire_name(FailureClass failure_class);
[[nodiscard]] std::string_view wire_name(Actor actor);
[[nodiscard]] std::string_view wire_name(Learning learning);
[[nodiscard]] std::optional<FailureClass> parse_failure_class(std::string_view name);
[[nodiscard]] std::optional<Actor> parse_actor(std::string_view name);
[[nodiscard]] std::optional<Learning> parse_learning(std::string_view name);

}  // namespace holdback::terms
