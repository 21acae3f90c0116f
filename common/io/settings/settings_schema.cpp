// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_schema.hpp"

#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "io/settings/field_forms.hpp"
#include "io/settings/limit_tables.hpp"
#include "io/settings/settings_field.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

namespace {

using config::AnswerAt;
using config::AtExpiry;
using config::ErrorAnswer;
using config::LogLevel;
using config::Mode;
using config::RefuseAtRcpt;
using config::Reinjected;
using config::ReplyBy;
using config::SharedSeal;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Keys of things that the daemon opens at its start and keeps.
constexpr auto kAtNextStart = std::to_array<std::string_view>({"milter.socket",
                                                               "milter.socket_group",
                                                               "milter.socket_mode",
                                                               "milter.user",
                                                               "control.socket",
                                                               "control.group",
                                                               "control.operators",
                                                               "store.path",
                                                               "store.hash",
                                                               "store.hash_key",
                                                               "hold.spool"});

void add_mode(Fields& fields) {
    add_text(fields,
             {"", "mode"},
             config::choice(std::array{Mode::Shadow, Mode::Enforce}),
             [](auto& s) -> auto& { return s.mode; });
}

void add_milter(Fields& fields) {
    add_text(fields, {"milter", "socket"}, config::milter_socket_form(), [](auto& s) -> auto& {
        return s.milter.socket;
    });
    add_text(fields,
             {"milter", "socket_group"},
             config::account_form("the name of a group, or empty"),
             [](auto& s) -> auto& { return s.milter.socket_group; });
    add_text(fields, {"milter", "socket_mode"}, config::file_mode_form(), [](auto& s) -> auto& {
        return s.milter.socket_mode;
    });
    add_text(fields,
             {"milter", "user"},
             config::account_form("the name of a user, or empty"),
             [](auto& s) -> auto& { return s.milter.user; });
    add_text(fields,
             {"milter", "answer_at"},
             config::choice(std::array{AnswerAt::Recipient, AnswerAt::Message}),
             [](auto& s) -> auto& { return s.milter.answer_at; });
    add_count(fields, {"milter", "max_waiting"}, {1, 100'000}, [](auto& s) -> auto& {
        return s.milter.max_waiting;
    });
}

void add_control(Fields& fields) {
    add_text(fields, {"control", "socket"}, config::control_socket_form(), [](auto& s) -> auto& {
        return s.control.socket;
    });
    add_text(fields,
             {"control", "group"},
             config::account_form("the name of a group, or empty"),
             [](auto& s) -> auto& { return s.control.group; });
    add_text(fields,
             {"control", "operators"},
             config::account_form("the name of a group, or empty"),
             [](auto& s) -> auto& { return s.control.operators; });
    add_text(fields, {"store", "path"}, config::path_form(), [](auto& s) -> auto& {
        return s.store.path;
    });
    add_switch(fields, {"store", "hash"}, [](auto& s) -> auto& { return s.store.hash; });
    add_text(fields, {"store", "hash_key"}, config::path_form(), [](auto& s) -> auto& {
        return s.store.hash_key;
    });
}

void add_outgoing(Fields& fields) {
    add_list(fields, {"outgoing", "networks"}, config::network_form(), [](auto& s) -> auto& {
        return s.outgoing.networks;
    });
    add_list(fields,
             {"outgoing", "daemons"},
             config::name_form("the {daemon_name} of an MTA's service"),
             [](auto& s) -> auto& { return s.outgoing.daemons; });
    add_list(fields, {"outgoing", "sender_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.outgoing.sender_domains;
    });
    add_list(
        fields, {"outgoing", "sender_logins"}, config::login_source_form(), [](auto& s) -> auto& {
            return s.outgoing.sender_logins;
        });
    add_list(fields, {"outgoing", "local_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.outgoing.local_domains;
    });
    add_text(fields, {"outgoing", "mta_domains"}, config::mta_source_form(), [](auto& s) -> auto& {
        return s.outgoing.mta_domains;
    });
    add_list(fields,
             {"outgoing", "local_transports"},
             config::name_form("the name of an MTA's transport or mailer"),
             [](auto& s) -> auto& { return s.outgoing.local_transports; });
    add_list(fields, {"outgoing", "own_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.outgoing.own_domains;
    });
    add_text(fields,
             {"outgoing", "reinjected"},
             config::choice(std::array{Reinjected::Inbound, Reinjected::Outgoing}),
             [](auto& s) -> auto& { return s.outgoing.reinjected; });
    add_list(fields, {"outgoing", "allow"}, config::recipient_pattern_form(), [](auto& s) -> auto& {
        return s.outgoing.allow;
    });
    add_list(fields, {"outgoing", "block"}, config::recipient_pattern_form(), [](auto& s) -> auto& {
        return s.outgoing.block;
    });
}

void add_dns(Fields& fields) {
    add_list(fields, {"dns", "nameservers"}, config::name_server_form(), [](auto& s) -> auto& {
        return s.dns.nameservers;
    });
    // The MTA waits 30 s for an answer (Postfix milter_command_timeout).
    add_text(fields,
             {"dns", "budget"},
             config::duration_form<milliseconds>(milliseconds(50), seconds(25), "2s"),
             [](auto& s) -> auto& { return s.dns.budget; });
    add_list(fields, {"dns", "reserved_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.dns.reserved_domains;
    });
    add_count(fields, {"dns", "cache_entries"}, {0, 100'000'000}, [](auto& s) -> auto& {
        return s.dns.cache_entries;
    });
}

/// The four lists of a table that says whose mail belongs to a stream; `lists` gives them.
template <typename Lists>
void add_stream_lists(Fields& fields, std::string_view table, Lists /*lists*/) {
    add_list(fields, {table, "senders"}, config::mailbox_or_domain_form(), [](auto& s) -> auto& {
        return Lists()(s).senders;
    });
    add_list(fields, {table, "users"}, config::name_form("a SASL user name"), [](auto& s) -> auto& {
        return Lists()(s).users;
    });
    add_list(fields,
             {table, "daemons"},
             config::name_form("the {daemon_name} of an MTA's service"),
             [](auto& s) -> auto& { return Lists()(s).daemons; });
    add_list(fields, {table, "clients"}, config::network_form(), [](auto& s) -> auto& {
        return Lists()(s).clients;
    });
}

void add_bulk(Fields& fields) {
    add_stream_lists(fields, "bulk", [](auto& s) -> auto& { return s.bulk; });
    add_list(fields, {"bulk", "headers"}, config::field_name_form(), [](auto& s) -> auto& {
        return s.bulk.headers;
    });
    add_text(fields,
             {"bulk", "campaign_header"},
             config::optional_field_name_form(),
             [](auto& s) -> auto& { return s.bulk.campaign_header; });
    add_count(fields, {"bulk", "recipients"}, {1, 1'000'000}, [](auto& s) -> auto& {
        return s.bulk.recipients;
    });
    add_text(fields, {"bulk", "rate"}, config::rate_form(), [](auto& s) -> auto& {
        return s.bulk.rate;
    });
    add_count(
        fields, {"bulk", "repeats"}, {2, 1000}, [](auto& s) -> auto& { return s.bulk.repeats; });
    add_text(fields, {"bulk", "stop_above"}, config::share_form("20%"), [](auto& s) -> auto& {
        return s.bulk.stop_above;
    });
    add_count(fields, {"bulk", "stop_minimum"}, {1, 1'000'000}, [](auto& s) -> auto& {
        return s.bulk.stop_minimum;
    });
    add_text(fields,
             {"bulk", "repeat_window"},
             config::duration_form<seconds>(seconds(0), std::chrono::days(365), "1d"),
             [](auto& s) -> auto& { return s.bulk.repeat_window; });
    add_stream_lists(fields, "direct", [](auto& s) -> auto& { return s.direct; });
}

void add_policy(Fields& fields) {
    add_text(fields,
             {"policy", "refuse_at_rcpt"},
             config::choice(std::array{
                 RefuseAtRcpt::Authenticated, RefuseAtRcpt::Always, RefuseAtRcpt::Never}),
             [](auto& s) -> auto& { return s.policy.refuse_at_rcpt; });
    add_count(fields, {"policy", "refuse_at_most"}, {0, 1'000'000}, [](auto& s) -> auto& {
        return s.policy.refuse_at_most;
    });
    add_list(
        fields, {"policy", "shadow"}, config::choice(terms::kPolicyFindings), [](auto& s) -> auto& {
            return s.policy.shadow;
        });
    add_switch(
        fields, {"policy", "tag_header"}, [](auto& s) -> auto& { return s.policy.tag_header; });
    add_list(fields, {"policy", "known_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.policy.known_domains;
    });
    add_text(
        fields, {"policy", "role_addresses"}, config::optional_path_form(), [](auto& s) -> auto& {
            return s.policy.role_addresses;
        });
    add_text(fields,
             {"policy", "disposable_domains"},
             config::optional_path_form(),
             [](auto& s) -> auto& { return s.policy.disposable_domains; });
    for (const terms::FindingName finding : terms::kPolicyFindings) {
        add_action(fields, "policy.bulk", finding, [](auto& s) -> auto& { return s.policy.bulk; });
    }
    for (const terms::FindingName finding : terms::kPolicyFindings) {
        add_action(
            fields, "policy.direct", finding, [](auto& s) -> auto& { return s.policy.direct; });
    }
}

void add_suppress(Fields& fields) {
    add_list(fields, {"suppress", "delimiter"}, config::tag_delimiter_form(), [](auto& s) -> auto& {
        return s.suppress.delimiter;
    });
}

void add_hold(Fields& fields) {
    add_text(fields, {"hold", "spool"}, config::path_form(), [](auto& s) -> auto& {
        return s.hold.spool;
    });
    add_text(fields, {"hold", "reinject"}, config::reinject_form(), [](auto& s) -> auto& {
        return s.hold.reinject;
    });
    add_text(fields,
             {"hold", "expire_after"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "7d"),
             [](auto& s) -> auto& { return s.hold.expire_after; });
    add_text(fields,
             {"hold", "at_expiry"},
             config::choice(std::array{AtExpiry::Return, AtExpiry::Release, AtExpiry::Discard}),
             [](auto& s) -> auto& { return s.hold.at_expiry; });
    add_text(fields,
             {"hold", "keep_ended"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d"),
             [](auto& s) -> auto& { return s.hold.keep_ended; });
    constexpr std::uint64_t kMostOctets = std::uint64_t{1} << 50U;
    add_text(fields,
             {"hold", "max_size"},
             config::size_form(0, kMostOctets, "10GiB"),
             [](auto& s) -> auto& { return s.hold.max_size; });
    add_text(fields,
             {"hold", "max_size_per_sender"},
             config::size_form(0, kMostOctets, "1GiB"),
             [](auto& s) -> auto& { return s.hold.max_size_per_sender; });
    add_text(fields,
             {"hold", "min_free"},
             config::size_form(0, kMostOctets, "64MiB"),
             [](auto& s) -> auto& { return s.hold.min_free; });
    add_switch(
        fields, {"hold", "auto_release"}, [](auto& s) -> auto& { return s.hold.auto_release; });
}

void add_pace(Fields& fields) {
    add_count(fields, {"pace", "per_minute"}, {0, 1'000'000}, [](auto& s) -> auto& {
        return s.pace.per_minute;
    });
}

void add_notice(Fields& fields) {
    add_switch(fields, {"notice", "enabled"}, [](auto& s) -> auto& { return s.notice.enabled; });
    add_text(fields, {"notice", "address"}, config::optional_mailbox_form(), [](auto& s) -> auto& {
        return s.notice.address;
    });
    add_text(fields,
             {"notice", "collect"},
             config::duration_form<seconds>(seconds(0), std::chrono::days(1), "10m"),
             [](auto& s) -> auto& { return s.notice.collect; });
    add_text(fields,
             {"notice", "reply_by"},
             config::choice(std::array{ReplyBy::User, ReplyBy::Sender, ReplyBy::Token}),
             [](auto& s) -> auto& { return s.notice.reply_by; });
    add_text(fields, {"notice", "budget"}, config::rate_form(), [](auto& s) -> auto& {
        return s.notice.budget;
    });
    add_text(fields, {"notice", "contact"}, config::optional_words_form(), [](auto& s) -> auto& {
        return s.notice.contact;
    });
    add_text(fields, {"notice", "to"}, config::notice_target_form(), [](auto& s) -> auto& {
        return s.notice.to;
    });
    add_list(fields,
             {"notice", "to_by_sender"},
             config::by_sender_form(config::notice_target_form(), "news.example.org = from"),
             [](auto& s) -> auto& { return s.notice.to_by_sender; });
    add_text(fields, {"notice", "language"}, config::language_form(), [](auto& s) -> auto& {
        return s.notice.language;
    });
    add_list(fields,
             {"notice", "language_by_sender"},
             config::by_sender_form(config::language_form(), ".example.de = de"),
             [](auto& s) -> auto& { return s.notice.language_by_sender; });
    add_text(fields, {"notice", "texts"}, config::path_form(), [](auto& s) -> auto& {
        return s.notice.texts;
    });
    add_text(fields, {"notice", "local_texts"}, config::path_form(), [](auto& s) -> auto& {
        return s.notice.local_texts;
    });
}

void add_digest(Fields& fields) {
    add_list(fields, {"digest", "to"}, config::mailbox_form(), [](auto& s) -> auto& {
        return s.digest.to;
    });
    add_text(fields, {"digest", "at"}, config::time_of_day_form(), [](auto& s) -> auto& {
        return s.digest.at;
    });
    add_text(fields,
             {"digest", "warn_before"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "2d"),
             [](auto& s) -> auto& { return s.digest.warn_before; });
    add_list(fields, {"compliance", "own_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.compliance.own_domains;
    });
    add_switch(fields, {"compliance", "expect_signature"}, [](auto& s) -> auto& {
        return s.compliance.expect_signature;
    });
}

void add_on_error(Fields& fields) {
    const auto answers =
        config::choice(std::array{ErrorAnswer::Accept, ErrorAnswer::Tempfail, ErrorAnswer::Reject});
    add_text(
        fields, {"on_error", "store"}, answers, [](auto& s) -> auto& { return s.on_error.store; });
    add_text(fields, {"on_error", "dns"}, answers, [](auto& s) -> auto& { return s.on_error.dns; });
    add_text(
        fields, {"on_error", "spool"}, answers, [](auto& s) -> auto& { return s.on_error.spool; });
    add_text(fields, {"on_error", "internal"}, answers, [](auto& s) -> auto& {
        return s.on_error.internal;
    });
}

void add_learning(Fields& fields) {
    add_switch(fields, {"learn", "enabled"}, [](auto& s) -> auto& { return s.learn.enabled; });
    add_list(fields,
             {"learn", "from"},
             config::choice(
                 std::array{terms::Proof::Local, terms::Proof::Sealed, terms::Proof::Unproven}),
             [](auto& s) -> auto& { return s.learn.from; });
    add_list(fields, {"learn", "feedback_networks"}, config::network_form(), [](auto& s) -> auto& {
        return s.learn.feedback_networks;
    });
    add_list(fields, {"learn", "feedback_domains"}, config::domain_form(), [](auto& s) -> auto& {
        return s.learn.feedback_domains;
    });
    add_list(fields, {"learn", "feedback_senders"}, config::mailbox_form(), [](auto& s) -> auto& {
        return s.learn.feedback_senders;
    });
    const auto scopes = config::choice(terms::kAllScopeKinds);
    add_text(fields, {"learn.scope", "bounce"}, scopes, [](auto& s) -> auto& {
        return s.learn.scope.bounce;
    });
    add_text(fields, {"learn.scope", "complaint"}, scopes, [](auto& s) -> auto& {
        return s.learn.scope.complaint;
    });
    add_text(fields, {"learn.scope", "unsubscribe"}, scopes, [](auto& s) -> auto& {
        return s.learn.scope.unsubscribe;
    });
    add_text(fields, {"learn.scope", "manual"}, scopes, [](auto& s) -> auto& {
        return s.learn.scope.manual;
    });
}

void add_outage_and_unsubscribing(Fields& fields) {
    add_switch(fields, {"outage", "enabled"}, [](auto& s) -> auto& { return s.outage.enabled; });
    add_text(fields,
             {"outage", "known_good"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "90d"),
             [](auto& s) -> auto& { return s.outage.known_good; });
    add_count(fields, {"outage", "minimum"}, {1, 10'000}, [](auto& s) -> auto& {
        return s.outage.minimum;
    });
    add_text(fields, {"outage", "rate"}, config::share_form("10%"), [](auto& s) -> auto& {
        return s.outage.rate;
    });
    add_text(fields,
             {"outage", "window"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(31), "1h"),
             [](auto& s) -> auto& { return s.outage.window; });
    add_list(fields, {"unsubscribe", "addresses"}, config::mailbox_form(), [](auto& s) -> auto& {
        return s.unsubscribe.addresses;
    });
    add_text(fields, {"unsubscribe", "add"}, config::optional_mailbox_form(), [](auto& s) -> auto& {
        return s.unsubscribe.add;
    });
    add_list(fields, {"unsubscribe", "authserv_ids"}, config::domain_form(), [](auto& s) -> auto& {
        return s.unsubscribe.authserv_ids;
    });
}

void add_seal(Fields& fields) {
    add_switch(fields, {"seal", "enabled"}, [](auto& s) -> auto& { return s.seal.enabled; });
    add_text(
        fields, {"seal", "key"}, config::path_form(), [](auto& s) -> auto& { return s.seal.key; });
    add_text(fields,
             {"seal", "lifetime"},
             config::duration_form<seconds>(std::chrono::hours(1), std::chrono::days(3650), "14d"),
             [](auto& s) -> auto& { return s.seal.lifetime; });
    add_text(fields,
             {"seal", "shared"},
             config::choice(std::array{SharedSeal::Origin, SharedSeal::Trust}),
             [](auto& s) -> auto& { return s.seal.shared; });
    add_list(fields, {"seal", "relays"}, config::network_form(), [](auto& s) -> auto& {
        return s.seal.relays;
    });
}

void add_inbound(Fields& fields) {
    constexpr std::uint64_t kKibi = 1024;
    add_text(fields,
             {"dsn", "max_message"},
             config::size_form(kKibi, kKibi * kKibi * kKibi, "2MiB"),
             [](auto& s) -> auto& { return s.dsn.max_message; });
    add_text(fields, {"codes", "file"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.file;
    });
    add_text(fields, {"codes", "rules"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.rules;
    });
    add_text(fields, {"codes", "lexicon"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.lexicon;
    });
    add_text(fields, {"codes", "local_file"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.local_file;
    });
    add_text(fields, {"codes", "local_rules"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.local_rules;
    });
    add_text(fields, {"codes", "local_lexicon"}, config::path_form(), [](auto& s) -> auto& {
        return s.codes.local_lexicon;
    });
    add_switch(
        fields, {"codes", "extensions"}, [](auto& s) -> auto& { return s.codes.extensions; });
}

void add_logs(Fields& fields) {
    add_text(fields, {"maillog", "file"}, config::optional_path_form(), [](auto& s) -> auto& {
        return s.maillog.file;
    });
    add_switch(fields, {"maillog", "trusted"}, [](auto& s) -> auto& { return s.maillog.trusted; });
    add_switch(fields, {"maillog", "journal"}, [](auto& s) -> auto& { return s.maillog.journal; });
    add_list(fields, {"maillog", "handed_on"}, config::network_form(), [](auto& s) -> auto& {
        return s.maillog.handed_on;
    });
    add_text(fields,
             {"journal", "keep"},
             config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d"),
             [](auto& s) -> auto& { return s.journal.keep; });
    add_count(fields, {"journal", "entries"}, {1000, 1'000'000'000}, [](auto& s) -> auto& {
        return s.journal.entries;
    });
    add_text(fields,
             {"journal", "decisions"},
             config::duration_form<seconds>(seconds(0), std::chrono::days(3650), "30d"),
             [](auto& s) -> auto& { return s.journal.decisions; });
    add_count(fields, {"journal", "decision_entries"}, {1000, 1'000'000'000}, [](auto& s) -> auto& {
        return s.journal.decision_entries;
    });
    add_text(fields, {"log", "target"}, config::log_target_form(), [](auto& s) -> auto& {
        return s.log.target;
    });
    add_text(fields,
             {"log", "level"},
             config::choice(
                 std::array{LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}),
             [](auto& s) -> auto& { return s.log.level; });
}

}  // namespace

std::vector<SettingsField> settings_fields() {
    Fields fields;
    add_mode(fields);
    add_limits(fields);
    add_milter(fields);
    add_control(fields);
    add_outgoing(fields);
    add_dns(fields);
    add_bulk(fields);
    add_policy(fields);
    add_suppress(fields);
    add_hold(fields);
    add_pace(fields);
    add_notice(fields);
    add_digest(fields);
    add_on_error(fields);
    add_inbound(fields);
    add_learning(fields);
    add_outage_and_unsubscribing(fields);
    add_seal(fields);
    add_logs(fields);
    for (SettingsField& field : fields) {
        if (std::ranges::find(kAtNextStart, field.name()) != kAtNextStart.end()) {
            field.takes_effect = TakesEffect::AtNextStart;
        }
    }
    return fields;
}

}  // namespace holdback::io::settings
