// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an administrator looks for in the MTA's log to end the doubt about an item.

#include "milter/ctl/output.hpp"
#include "ports/held_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdback::milter::ctl {

/// A line to look for, and what it means.
struct DoubtSign {
    enum class Means : std::uint8_t {
        Copy,     ///< the MTA has it, or had it: the item can be discarded
        NoCopy,   ///< it has not: the item can be released
        QueueId,  ///< it names the queue id, under which to look further
    };

    std::string text;
    Means means = Means::Copy;
};

/// Empty for an item that is not in doubt.
[[nodiscard]] std::vector<DoubtSign> doubt_signs(const ports::HeldItem& item);

/// Adds them to the fields that people are shown.
void add_doubt(FieldList& fields, const ports::HeldItem& item);

/// The member `doubt`; null for an item that is not in doubt.
[[nodiscard]] Json doubt_json(const ports::HeldItem& item);

}  // namespace holdback::milter::ctl
