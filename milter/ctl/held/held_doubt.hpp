// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signs in the MTA's log that end the doubt about an item.

#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "ports/held_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// A log line to look for, and its meaning.
struct DoubtSign {
    enum class Means : std::uint8_t {
        Copy,     ///< the MTA has or had a copy: the item can be discarded
        NoCopy,   ///< the MTA has none: the item can be released
        QueueId,  ///< it shows the queue id under which to look further
    };

    std::string text;
    Means means = Means::Copy;
};

/// Empty for an item that is not in doubt.
[[nodiscard]] std::vector<DoubtSign> doubt_signs(const ports::HeldItem& item);

/// Adds the signs to the fields for people.
void add_doubt(FieldList& fields, const ports::HeldItem& item);

/// The member `doubt`; null for an item that is not in doubt.
[[nodiscard]] Json doubt_json(const ports::HeldItem& item);

}  // namespace holdback::milter::ctl
