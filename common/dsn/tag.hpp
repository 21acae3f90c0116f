// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header fields that tell readers, filters and Sieve scripts how a message was understood.

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

/// Occurs once: the gravest code of the message.
using terms::kCodeField;
/// Occurs once per recipient.
inline constexpr std::string_view kDsnField = "X-Holdback-DSN";
inline constexpr std::size_t kMostDsnFields = 50;

enum class Extensions : std::uint8_t { Off, On };

/// A field to remove: the `index`-th one of its name, counted from 1 as in milters, spelled as it
/// came.
struct RemovedField {
    std::string name;
    std::size_t index;

    bool operator==(const RemovedField&) const = default;
};

/// A field to add. The value is folded by "\n\t" and has no leading space and no final line end.
struct AddedField {
    std::string name;
    std::string value;

    bool operator==(const AddedField&) const = default;
};

/// Removals come first. Of the fields with one name the last is removed first, so that the indices
/// of the others stay valid.
struct TagPlan {
    std::vector<RemovedField> removed;
    std::vector<AddedField> added;

    bool operator==(const TagPlan&) const = default;
};

/// True for the names that only we may write: all that begin with "X-Holdback-" in any letter case,
/// except "X-Holdback-Seal", which proves itself and has to survive forwarding.
[[nodiscard]] bool is_reserved_field(std::string_view name);

/// The changes to a message's header. `existing` is the header as it arrived. Reserved fields in it
/// are forged, or ours from an earlier pass; both are removed, so that tagging twice gives the same
/// message. Ordinary mail gets no field. `proofs` are those of the recipients, in their order;
/// missing ones are unproven.
[[nodiscard]] TagPlan tag(const Understanding& understanding,
                          std::span<const terms::Proof> proofs,
                          const terms::CodeCatalogue& codes,
                          Extensions extensions,
                          const mail::HeaderList& existing);

}  // namespace holdback::dsn
