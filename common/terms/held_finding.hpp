// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reason why a recipient was held out of a message, as the store has it.

#include "terms/finding.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::terms {

/// The finding that decided, or none. None is for mail of our own, and for recipients without a
/// finding whose copy is sent on from the spool because too many others were taken out. A word that
/// only a newer version knows is kept unchanged.
class HeldFinding {
public:
    /// None.
    HeldFinding() = default;
    HeldFinding(FindingName name)  // NOLINT(google-explicit-constructor): each finding is one
        : what_(name) {}

    /// Takes every word.
    [[nodiscard]] static HeldFinding parse(std::string_view word);

    [[nodiscard]] bool is_none() const { return std::holds_alternative<None>(what_); }
    /// nullopt for none, and for a word that this version does not know.
    [[nodiscard]] std::optional<FindingName> name() const;
    /// The wire name, "none", or the unknown word.
    [[nodiscard]] std::string_view word() const;
    /// True when an entry of the suppression list was found.
    [[nodiscard]] bool is_suppression() const;

    bool operator==(const HeldFinding&) const = default;

private:
    struct None {
        bool operator==(const None&) const = default;
    };

    std::variant<None, FindingName, std::string> what_;
};

}  // namespace holdback::terms
