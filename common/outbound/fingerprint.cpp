// SPDX-License-Identifier: Apache-2.0
#include "outbound/fingerprint.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::outbound {

namespace {

/// Fields that hosts on the way to us add or change.
constexpr std::array<std::string_view, 9> kTraceFields{
    "received",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
    "authentication-results",
    "received-spf",
};

/// A message that was held or went through a filter may come back with our own fields.
constexpr std::string_view kOurFields = "x-holdback-";

constexpr std::array<std::string_view, 3> kIdentity{"Message-ID", "Date", "From"};
/// One bit for each of these fields that may be absent. With all absent nothing identifies a
/// message.
constexpr unsigned kAbsences = (1U << kIdentity.size()) - 1;

bool is_trace(std::string_view lower_name) {
    return std::ranges::find(kTraceFields, lower_name) != kTraceFields.end() ||
           lower_name.starts_with(kOurFields);
}

/// The digest without the fields whose bits are set in `absent`.
std::string identity_without(const mail::HeaderList& headers, unsigned absent) {
    std::array<std::string, kIdentity.size()> values;
    for (std::size_t i = 0; i < kIdentity.size(); ++i) {
        if ((absent & (1U << i)) == 0) {
            values.at(i) = headers.first(kIdentity.at(i)).value_or("");
            std::erase_if(values.at(i), core::is_ascii_space);
        }
    }
    const std::array<std::string_view, kIdentity.size()> pieces{values[0], values[1], values[2]};
    return core::digest_hex(pieces);
}

/// True when the message came without a Message-ID and the MTA made one.
bool has_id_made_by_mta(const mail::HeaderList& headers, std::string_view queue_id) {
    if (queue_id.empty()) {
        return false;
    }
    const auto id = headers.first("Message-ID");
    return id.has_value() && id->find(queue_id) != std::string::npos;
}

}  // namespace

std::string header_digest(const mail::HeaderList& headers, std::string_view queue_id) {
    const bool made_by_mta = has_id_made_by_mta(headers, queue_id);
    std::vector<std::string> kept;
    for (const mail::HeaderField& field : headers.fields()) {
        std::string name = core::to_lower(field.name);
        if (is_trace(name) || (made_by_mta && (name == "message-id" || name == "date"))) {
            continue;
        }
        kept.push_back(std::move(name));
        kept.push_back(field.value());
    }
    const std::vector<std::string_view> pieces(kept.begin(), kept.end());
    return core::digest_hex(pieces);
}

std::string identity_digest(const mail::HeaderList& headers) {
    return identity_without(headers, 0);
}

std::vector<std::string> earlier_identities(const mail::HeaderList& headers) {
    std::vector<std::string> digests;
    digests.reserve(kAbsences);
    for (unsigned absent = 0; absent < kAbsences; ++absent) {
        digests.push_back(identity_without(headers, absent));
    }
    return digests;
}

std::string fingerprint(std::string_view header_digest, std::string_view body_digest) {
    const std::array<std::string_view, 2> pieces{header_digest, body_digest};
    return core::digest_hex(pieces);
}

}  // namespace holdback::outbound
