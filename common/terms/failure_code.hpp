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

/// A code of the catalogue, such as 2001: four digits, 1000 to 9999. The catalogue says what it
/// means.
class FailureCode {
public:
    [[nodiscard]] static std::optional<FailureCode> from_number(int number);
    /// Exactly four digits.
    [[nodiscard]] static std::optional<FailureCode> parse(std::string_view text);
    /// A number that the source text itself vouches for.
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

// The codes that the source itself gives or asks for; what they mean, the catalogue says.
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

/// Who has to act.
enum class Actor : std::uint8_t { Sender, Recipient, Admin, Provider, Nobody };

/// What a proven failure of this code teaches.
enum class Learning : std::uint8_t {
    Never,
    Suppress,        ///< suppress the mailbox at once
    Count,           ///< suppress the mailbox after strikes on distinct days
    SuppressDomain,  ///< a short entry for the whole domain
};

/// True for what a code may be called: a name goes into header fields, logs and metrics as it is,
/// so it is made of a-z, 0-9 and hyphens, and neither begins nor ends with one.
[[nodiscard]] bool is_code_name(std::string_view name);

/// One row of the catalogue.
struct CodeEntry {
    FailureCode code;
    std::string name;
    FailureClass failure_class;
    /// The code to which an extension collapses when extensions are off.
    std::optional<FailureCode> parent;
    std::string meaning;
    std::string advice;
    Actor who;
    /// Whether sending the same again later can help.
    bool resend_helps;
    Learning learning;
    /// `Count`: strikes that suppress, and the window in which they must fall.
    int strikes = 3;
    std::chrono::days window{30};
    /// How long the first suppression lasts; zero: for ever.
    std::chrono::days expiry{180};

    bool operator==(const CodeEntry&) const = default;
};

/// How grave a code is for `X-Holdback-Code`: a smaller rank is graver. Permanent before rejected,
/// temporary, communication, unknown and informational.
[[nodiscard]] int severity_rank(FailureClass failure_class);

/// All codes, by number and by name. Immutable; share it freely between threads.
class CodeCatalogue {
public:
    /// `entries` in any order. An error is a text for people: a number or a name that stands twice,
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
