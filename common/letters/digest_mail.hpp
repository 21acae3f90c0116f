// SPDX-License-Identifier: Apache-2.0
#pragma once
// The daily mail that tells the postmaster what is held.

#include "config/settings.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdback::letters {

/// A name with its count, in the order shown. Names may be foreign.
struct DigestLine {
    std::string name;
    std::size_t count = 0;
};

struct DigestItem {
    std::int64_t item = 0;
    std::string sender;
    std::string recipient;
    std::string finding;
    core::TimePoint expires_at;
};

struct DigestFacts {
    std::string address;  ///< our address, from which the digest comes
    std::vector<std::string> to;
    std::string host;
    std::string message_id;  ///< without brackets
    core::TimePoint since;
    core::TimePoint now;
    std::size_t new_items = 0;
    std::vector<DigestLine> causes;
    std::vector<DigestLine> senders;
    std::vector<DigestLine> ended;  ///< "released", "returned", "discarded"
    std::size_t held = 0;
    std::size_t stuck = 0;       ///< a release failed; a person has to look
    std::size_t in_doubt = 0;    ///< the MTA may have a copy; a person has to look
    std::size_t endless = 0;     ///< held until a person decides, because no sender can be told
    std::size_t own_unsent = 0;  ///< our notices, DSNs and the like that the MTA has not taken
    std::size_t expiring = 0;
    std::chrono::seconds warn_before{0};
    config::AtExpiry at_expiry = config::AtExpiry::Return;
    std::vector<DigestItem> expiring_items;  ///< the first of them
    std::vector<std::string> outages;        ///< providers that are broken now
};

/// A multipart/alternative message: text and HTML.
[[nodiscard]] std::string compose_digest(const DigestFacts& facts);

/// Its plain text, with "\n" line ends.
[[nodiscard]] std::string digest_text(const DigestFacts& facts);

}  // namespace holdback::letters
