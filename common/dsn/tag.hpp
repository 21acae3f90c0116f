// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header fields that tell readers, filters and Sieve scripts what was understood of a message.

#include "dsn/classify.hpp"
#include "mail/header.hpp"
#include "terms/failure_code.hpp"
#include "terms/own_marks.hpp"
#include "terms/suppression.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

/// Stands once: the gravest code of the message.
using terms::kCodeField;
/// Stands once per recipient.
inline constexpr std::string_view kDsnField = "X-Holdback-DSN";
inline constexpr std::size_t kMostDsnFields = 50;

enum class Extensions : std::uint8_t { Off, On };

/// A field to take out: the `index`-th one of its name, counted from 1 as milters do, in the
/// spelling in which it came.
struct RemovedField {
    std::string name;
    std::size_t index;

    bool operator==(const RemovedField&) const = default;
};

/// A field to add; the value is folded by "\n\t", has no leading space and no last line end.
struct AddedField {
    std::string name;
    std::string value;

    bool operator==(const AddedField&) const = default;
};

/// Removals come first. Of one name, the last field is removed first, so that the indices of the
/// others stay true.
struct TagPlan {
    std::vector<RemovedField> removed;
    std::vector<AddedField> added;

    bool operator==(const TagPlan&) const = default;
};

/// True for the names that only we may write: all that begin with "X-Holdback-" in any letter case.
/// The exception is "X-Holdback-Seal", which vouches for itself and has to survive a forwarding.
[[nodiscard]] bool is_reserved_field(std::string_view name);

/// What to change in a message's header. `existing` is the header as it arrived: reserved fields in
/// it are forged or ours of an earlier pass, and go in either case, so that tagging twice gives the
/// same message. Ordinary mail gets no field. `proofs` are those of the recipients, in their order;
/// what is missing is unproven.
[[nodiscard]] TagPlan tag(const Understanding& understanding,
                          std::span<const terms::Proof> proofs,
                          const terms::CodeCatalogue& codes,
                          Extensions extensions,
                          const mail::HeaderList& existing);

}  // namespace holdback::dsn
