// SPDX-License-Identifier: Apache-2.0
#pragma once
// Recipients whose domain the public DNS does not decide.

#include "config/settings.hpp"
#include "mail/domain.hpp"
#include "outbound/mail_route.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::outbound {

/// The reason why a special-use name is local. The settings may still reserve such a name.
inline constexpr std::string_view kSpecialUse = "special-use";

/// The program of a transport or mailer in the MTA's configuration ("lmtp"), else its own name. For
/// `[outgoing] local_transports` its own name if that is a local transport, else "local".
[[nodiscard]] std::string_view program_of(std::string_view mailer,
                                          const config::Settings& settings);

/// The reason not to ask DNS about a domain; nullopt: ask. One of: "local_domains"; the name of one
/// of the MTA's lists ("mydestination"); "transport:" and the name of a `mailer` that does not
/// deliver by MX records; `kSpecialUse`. `mailer` is {rcpt_mailer}, empty when not told. Literals
/// are never local.
[[nodiscard]] std::optional<std::string> why_local(const mail::Domain& domain,
                                                   std::string_view mailer,
                                                   const config::Settings& settings);

/// The route of a recipient for whom DNS is not asked: local or an address literal. Otherwise
/// nullopt.
[[nodiscard]] std::optional<MailRoute> route_without_dns(const mail::Domain& domain,
                                                         std::string_view mailer,
                                                         const config::Settings& settings);

/// True when `why`, from `why_local`, names a list of the MTA. The settings do not determine such a
/// reason.
[[nodiscard]] bool is_by_mta(std::string_view why);

}  // namespace holdback::outbound
