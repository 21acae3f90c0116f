// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include "config/policy.hpp"
#include "config/value_text.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/ip_address.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::config {

namespace {

/// The first entry of `a` that is also in `b`; empty when there is none.
std::string_view common_entry(const std::vector<std::string>& a,
                              const std::vector<std::string>& b) {
    const auto found = std::ranges::find_if(
        a, [&b](const std::string& entry) { return std::ranges::find(b, entry) != b.end(); });
    return found == a.end() ? std::string_view() : std::string_view(*found);
}

/// True for the directory itself and for paths below it.
bool is_inside(std::string_view path, std::string_view directory) {
    while (directory.ends_with('/')) {
        directory.remove_suffix(1);
    }
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path.at(directory.size()) == '/');
}

void check_sockets(const Settings& settings, std::vector<Contradiction>& found) {
    const auto milter = parse_socket_spec(settings.milter.socket);
    if (!milter.has_value()) {
        return;
    }
    const auto* const local = std::get_if<UnixSocket>(&*milter);
    if (local != nullptr && local->path == settings.control.socket) {
        found.push_back({"control.socket", "is the same file as milter.socket"});
    }
    const auto* const inet = std::get_if<InetSocket>(&*milter);
    const auto reinject = parse_reinject(settings.hold.reinject);
    const auto* const smtp = reinject.has_value() ? std::get_if<SmtpTarget>(&*reinject) : nullptr;
    if (inet != nullptr && smtp != nullptr && inet->port == smtp->port &&
        inet->host == smtp->host) {
        found.push_back({"hold.reinject", "is the milter's own socket (milter.socket)"});
    }
}

void check_files(const Settings& settings, std::vector<Contradiction>& found) {
    if (is_inside(settings.store.path, settings.hold.spool)) {
        found.push_back({"store.path", "lies inside hold.spool, which holds nothing but mail"});
    }
    if (is_inside(settings.seal.key, settings.hold.spool)) {
        found.push_back({"seal.key", "lies inside hold.spool, which holds nothing but mail"});
    }
    if (settings.store.hash_key == settings.store.path ||
        is_inside(settings.store.hash_key, settings.hold.spool)) {
        found.push_back({"store.hash_key", "is a file of the store or of the spool"});
    }
    constexpr std::string_view kFile = "file:";
    const std::string_view target = settings.log.target;
    if (target.starts_with(kFile)) {
        const std::string_view path = target.substr(kFile.size());
        if (path == settings.store.path || is_inside(path, settings.hold.spool)) {
            found.push_back({"log.target", "is a file of the store or of the spool"});
        }
    }
}

void check_outgoing(const Settings& settings, std::vector<Contradiction>& found) {
    const OutgoingSettings& outgoing = settings.outgoing;
    if (const auto both = common_entry(outgoing.block, outgoing.allow); !both.empty()) {
        found.push_back(
            {"outgoing.block", fmt::format("\"{}\" stands in outgoing.allow as well", both)});
    }
    if (const auto both = common_entry(settings.dns.reserved_domains, outgoing.local_domains);
        !both.empty()) {
        found.push_back({"dns.reserved_domains",
                         fmt::format("\"{}\" stands in outgoing.local_domains as well", both)});
    }
}

std::string shown(const std::string& entry) {
    return entry;
}

std::string shown(const mail::Network& network) {
    return network.text();
}

void check_streams(const Settings& settings, std::vector<Contradiction>& found) {
    const StreamLists& bulk = settings.bulk;
    const StreamLists& direct = settings.direct;
    const auto check = [&](std::string_view key, const auto& a, const auto& b, const auto& same) {
        const auto both = std::ranges::find_if(a, [&](const auto& entry) {
            return std::ranges::any_of(b, [&](const auto& other) { return same(entry, other); });
        });
        if (both != a.end()) {
            found.push_back({fmt::format("direct.{}", key),
                             fmt::format("\"{}\" stands in bulk.{} as well", shown(*both), key)});
        }
    };
    check("senders", direct.senders, bulk.senders, core::equals_ignoring_case);
    check("users", direct.users, bulk.users, core::equals_ignoring_case);
    check("daemons", direct.daemons, bulk.daemons, core::equals_ignoring_case);
    check("clients", direct.clients, bulk.clients, std::equal_to<>());
}

std::vector<mail::Network> loopback_networks() {
    std::vector<mail::Network> networks;
    for (const std::string_view text : {"127.0.0.0/8", "::1"}) {
        if (const auto network = mail::Network::parse(text); network.has_value()) {
            networks.push_back(*network);
        }
    }
    return networks;
}

void check_maillog(const Settings& settings, std::vector<Contradiction>& found) {
    const MaillogSettings& maillog = settings.maillog;
    if (maillog.journal && !maillog.file.empty()) {
        found.push_back({"maillog.journal", "is on, and maillog.file names a file: choose one"});
    }
    if (!maillog.file.empty() && settings.log.target == "file:" + maillog.file) {
        found.push_back({"maillog.file", "is where we write our own log"});
    }
}

void check_delimiters(const Settings& settings, std::vector<Contradiction>& found) {
    const auto& all = settings.suppress.delimiter;
    for (auto each = all.begin(); each != all.end(); ++each) {
        if (std::find_if(all.begin(), each, [&](const TagDelimiter& before) {
                return before.domain == each->domain;
            }) != each) {
            found.push_back(
                {"suppress.delimiter", fmt::format("names {} more than once", each->domain)});
            return;
        }
    }
}

void check_unsubscribe(const Settings& settings, std::vector<Contradiction>& found) {
    const UnsubscribeSettings& unsubscribe = settings.unsubscribe;
    if (unsubscribe.add.empty()) {
        return;
    }
    if (std::ranges::find(unsubscribe.addresses, unsubscribe.add) == unsubscribe.addresses.end()) {
        found.push_back({"unsubscribe.add", "is none of unsubscribe.addresses"});
    }
    if (!settings.seal.enabled) {
        found.push_back({"unsubscribe.add", "is signed with the key of seals: needs seal.enabled"});
    }
}

}  // namespace

std::string shipped_path(std::string_view name) {
    return std::string(HOLDBACK_DATA_DIR "/").append(name);
}

SuppressSettings::SuppressSettings() {
    for (const std::string_view domain : {"gmail.com",
                                          "googlemail.com",
                                          "outlook.com",
                                          "hotmail.com",
                                          "live.com",
                                          "msn.com",
                                          "icloud.com",
                                          "me.com",
                                          "mac.com",
                                          "fastmail.com",
                                          "fastmail.fm",
                                          "proton.me",
                                          "protonmail.com",
                                          "pm.me"}) {
        delimiter.push_back({.delimiter = '+', .domain = std::string(domain)});
    }
}

std::optional<mail::Address> SuppressSettings::untagged(const mail::Address& address) const {
    const auto known = std::ranges::find_if(delimiter, [&](const TagDelimiter& each) {
        return address.local_part().contains(each.delimiter) &&
               address.domain().text() == each.domain;
    });
    return known == delimiter.end() ? std::nullopt : address.without_tag(known->delimiter);
}

OutgoingSettings::OutgoingSettings() : networks(loopback_networks()) {}

MaillogSettings::MaillogSettings() : handed_on(loopback_networks()) {}

std::vector<Contradiction> validate(const Settings& settings) {
    std::vector<Contradiction> found;
    check_sockets(settings, found);
    check_files(settings, found);
    check_outgoing(settings, found);
    check_maillog(settings, found);
    check_streams(settings, found);
    check_delimiters(settings, found);
    check_unsubscribe(settings, found);
    if (settings.milter.answer_at == AnswerAt::Message &&
        settings.policy.refuse_at_rcpt == RefuseAtRcpt::Always) {
        found.push_back({"policy.refuse_at_rcpt",
                         "\"always\" needs milter.answer_at = \"recipient\": with \"message\" "
                         "there is no answer to RCPT"});
    }
    if (settings.learn.enabled && settings.learn.from.empty()) {
        found.push_back(
            {"learn.from", "is empty, so nothing teaches: set learn.enabled = false instead"});
    }
    return found;
}

std::vector<Contradiction> without_effect(const Settings& settings) {
    std::vector<Contradiction> found;
    const LearnSettings& learn = settings.learn;
    if (!learn.feedback_domains.empty() && learn.feedback_senders.empty()) {
        found.push_back({"learn.feedback_domains",
                         "believes nobody without learn.feedback_senders, which names the "
                         "addresses that the feedback loops send from"});
    }
    for (const terms::FindingName name :
         {terms::FindingName::AlreadySent, terms::FindingName::CampaignStopped}) {
        if (settings.policy.direct[name] != PolicyAction::Pass) {
            found.push_back({fmt::format("policy.direct.{}", wire_name(name)),
                             "does nothing: only bulk mail is of a campaign"});
        }
    }
    return found;
}

terms::ScopeKind LearnScopes::of(terms::SuppressionReason reason) const {
    switch (reason) {
        case terms::SuppressionReason::Bounce:
            return bounce;
        case terms::SuppressionReason::Complaint:
            return complaint;
        case terms::SuppressionReason::Unsubscribe:
            return unsubscribe;
        case terms::SuppressionReason::Manual:
        case terms::SuppressionReason::Allow:
            return manual;
    }
    std::unreachable();
}

std::string_view wire_name(Mode mode) {
    switch (mode) {
        case Mode::Shadow:
            return "shadow";
        case Mode::Enforce:
            return "enforce";
    }
    std::unreachable();
}

std::string_view wire_name(AnswerAt at) {
    switch (at) {
        case AnswerAt::Recipient:
            return "recipient";
        case AnswerAt::Message:
            return "message";
    }
    std::unreachable();
}

std::string_view wire_name(RefuseAtRcpt when) {
    switch (when) {
        case RefuseAtRcpt::Authenticated:
            return "authenticated";
        case RefuseAtRcpt::Always:
            return "always";
        case RefuseAtRcpt::Never:
            return "never";
    }
    std::unreachable();
}

std::string_view wire_name(AtExpiry action) {
    switch (action) {
        case AtExpiry::Return:
            return "return";
        case AtExpiry::Release:
            return "release";
        case AtExpiry::Discard:
            return "discard";
    }
    std::unreachable();
}

std::string_view wire_name(Reinjected direction) {
    switch (direction) {
        case Reinjected::Inbound:
            return "inbound";
        case Reinjected::Outgoing:
            return "outgoing";
    }
    std::unreachable();
}

std::string_view wire_name(SharedSeal shared) {
    switch (shared) {
        case SharedSeal::Origin:
            return "origin";
        case SharedSeal::Trust:
            return "trust";
    }
    std::unreachable();
}

std::string_view wire_name(ReplyBy by) {
    switch (by) {
        case ReplyBy::User:
            return "user";
        case ReplyBy::Sender:
            return "sender";
        case ReplyBy::Token:
            return "token";
    }
    std::unreachable();
}

std::string_view wire_name(ErrorAnswer answer) {
    switch (answer) {
        case ErrorAnswer::Accept:
            return "accept";
        case ErrorAnswer::Tempfail:
            return "tempfail";
        case ErrorAnswer::Reject:
            return "reject";
    }
    std::unreachable();
}

std::string_view wire_name(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warning:
            return "warning";
        case LogLevel::Error:
            return "error";
    }
    std::unreachable();
}

}  // namespace holdback::config
