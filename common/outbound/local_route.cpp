// SPDX-License-Identifier: Apache-2.0
#include "outbound/local_route.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "mail/domain.hpp"
#include "mail/transport.hpp"
#include "outbound/mail_route.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

constexpr std::string_view kLocalDomains = "local_domains";
constexpr std::string_view kTransport = "transport:";

constexpr std::string_view kLocal = "local";

}  // namespace

std::string_view program_of(std::string_view mailer, const config::Settings& settings) {
    const auto has_name = [mailer](const std::string& name) {
        return core::equals_ignoring_case(name, mailer);
    };
    if (std::ranges::any_of(settings.outgoing.local_transports, has_name)) {
        return mail::is_local_transport(mailer) ? mailer : kLocal;
    }
    const auto program = settings.mta.transports.find(mailer);
    return program == settings.mta.transports.end() ? mailer : program->second;
}

std::optional<std::string> why_local(const mail::Domain& domain,
                                     std::string_view mailer,
                                     const config::Settings& settings) {
    if (domain.is_literal()) {
        return std::nullopt;
    }
    const auto covers = [&](const std::string& local) {
        return is_at_or_under(domain.text(), local);
    };
    if (std::ranges::any_of(settings.outgoing.local_domains, covers)) {
        return std::string(kLocalDomains);
    }
    if (auto list = settings.mta.list_of(domain)) {
        return list;
    }
    if (mail::is_local_transport(program_of(mailer, settings))) {
        return fmt::format("{}{}", kTransport, mailer);
    }
    if (is_special_use(domain.text())) {
        return std::string(kSpecialUse);
    }
    return std::nullopt;
}

std::optional<MailRoute> route_without_dns(const mail::Domain& domain,
                                           std::string_view mailer,
                                           const config::Settings& settings) {
    if (domain.is_literal()) {
        return MailRoute{.kind = RouteKind::Literal, .hosts = {}, .why = {}};
    }
    if (auto why = why_local(domain, mailer, settings)) {
        return MailRoute{.kind = RouteKind::Local, .hosts = {}, .why = *std::move(why)};
    }
    return std::nullopt;
}

bool is_by_mta(std::string_view why) {
    return !why.empty() && why != kLocalDomains && why != kSpecialUse &&
           !why.starts_with(kTransport);
}

}  // namespace holdback::outbound
