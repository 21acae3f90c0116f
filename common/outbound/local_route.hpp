// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recipients about whose domain the public DNS has no say.

#include "config/settings.hpp"
#include "mail/domain.hpp"
#include "outbound/mail_route.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::outbound {

/// Why a special-use name is local. It may be reserved by the settings all the same.
inline constexpr std::string_view kSpecialUse = "special-use";

/// The program that runs a transport or mailer, as the MTA's configuration has it ("lmtp"); "local"
/// for one that `[outgoing] local_transports` names, and its own name where nothing more is known.
[[nodiscard]] std::string_view program_of(std::string_view mailer,
                                          const config::Settings& settings);

/// Why DNS is not asked about a domain; nullopt when it is. One of: "local_domains"; the name of a
/// list of the MTA's ("mydestination"); "transport:" and the name of `mailer` ({rcpt_mailer}; empty
/// when not told), which does not deliver by MX records; `kSpecialUse`. Literals are never local.
[[nodiscard]] std::optional<std::string> why_local(const mail::Domain& domain,
                                                   std::string_view mailer,
                                                   const config::Settings& settings);

/// The route of a recipient about whose domain DNS is not asked: local, or by an address literal;
/// nullopt for all others.
[[nodiscard]] std::optional<MailRoute> route_without_dns(const mail::Domain& domain,
                                                         std::string_view mailer,
                                                         const config::Settings& settings);

/// True for a `why_local` that the MTA's lists gave: it does not follow from the settings.
[[nodiscard]] bool is_by_mta(std::string_view why);

}  // namespace holdback::outbound
