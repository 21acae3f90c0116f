// SPDX-License-Identifier: Apache-2.0
#pragma once
// The organisation that runs a recipient's mail servers, by the name of the server.

#include <string>
#include <string_view>

namespace holdback::mail {

/// The organisation's name in a host name: its last two labels, or three where the last but one is
/// a usual second-level label of a country ("gmail-smtp-in.l.google.com." gives "google.com",
/// "mx1.example.co.uk" gives "example.co.uk"). In lower case, without trailing dot. Empty for an
/// empty name and for an IP address. No list of public suffixes is behind this: it groups servers,
/// and never decides who may act for a domain.
[[nodiscard]] std::string organisation_of(std::string_view host);

/// The provider that an attempt dealt with: the organisation of the relay's host name, or the
/// recipient's domain where there was no relay or it has no name.
[[nodiscard]] std::string provider_of(std::string_view relay, std::string_view recipient_domain);

}  // namespace holdback::mail
