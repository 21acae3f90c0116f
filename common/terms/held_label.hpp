// SPDX-License-Identifier: Apache-2.0
#pragma once
// The label of a held message: what stands behind its octets in the spool, so that held mail can be
// listed again when the store is lost.

#include "core/result.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::terms {

/// A held message and those it was held for, as they were when it was held. What happens later
/// (attempts, answers, doubt, ids, ends) is known by the store alone.
struct HeldLabel {
    HeldMessage message;
    std::vector<HeldRecipient> recipients;
};

enum class LabelError : std::uint8_t {
    Missing,  ///< there is no label at the end
    Damaged,  ///< not the octets that were written
    Newer,    ///< made by a newer version of the program
};

[[nodiscard]] std::string_view explain(LabelError error);

/// The last octets of a labelled file, by which the label is found.
inline constexpr std::size_t kLabelEndOctets = 78;
/// Labels are no longer than this.
inline constexpr std::size_t kMostLabelOctets = std::size_t{64} * 1024 * 1024;

/// The text that is put behind the message: lines "NAME VALUE", the first with the version, the
/// last (`kLabelEndOctets` long) with the length of the lines before it and their SHA-256. Values
/// may be any octets.
[[nodiscard]] std::string encode_label(const HeldMessage& message,
                                       std::span<const HeldRecipient> recipients);

/// How many octets at the end of a file its label takes, by the last `kLabelEndOctets` of it;
/// nullopt when that is no end of a label.
[[nodiscard]] std::optional<std::size_t> label_octets(std::string_view end);

/// Reads what `encode_label` made. Lines with names that we do not know are left out, so that an
/// older program reads what a newer one of the same version of labels added.
[[nodiscard]] core::Result<HeldLabel, LabelError> decode_label(std::string_view text);

}  // namespace holdback::terms
