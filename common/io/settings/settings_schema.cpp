// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_schema.hpp"

#include "config/settings.hpp"
#include "config/value_form.hpp"
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

using Fields = std::vector<SettingsField>;

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

void add_milter(Fields& fields) {
    fields.push_back(text_field(
        {"", "mode"},
        [](auto& s) -> auto& { return s.mode; },
        config::choice(std::array{Mode::Shadow, Mode::Enforce})));
    fields.push_back(text_field(
        {"milter", "socket"},
        [](auto& s) -> auto& { return s.milter.socket; },
        config::milter_socket_form()));
    fields.push_back(text_field(
        {"milter", "socket_group"},
        [](auto& s) -> auto& { return s.milter.socket_group; },
        config::account_form("the name of a group, or empty")));
    fields.push_back(text_field(
        {"milter", "socket_mode"},
        [](auto& s) -> auto& { return s.milter.socket_mode; },
        config::file_mode_form()));
    fields.push_back(text_field(
        {"milter", "user"},
        [](auto& s) -> auto& { return s.milter.user; },
        config::account_form("the name of a user, or empty")));
    fields.push_back(text_field(
        {"milter", "answer_at"},
        [](auto& s) -> auto& { return s.milter.answer_at; },
        config::choice(std::array{AnswerAt::Recipient, AnswerAt::Message})));
    fields.push_back(count_field({"milter", "max_waiting"},
                                 [](auto& s) -> auto& { return s.milter.max_waiting; },
                                 {1, 100'000}));
    fields.push_back(text_field(
        {"control", "socket"},
        [](auto& s) -> auto& { return s.control.socket; },
        config::control_socket_form()));
    fields.push_back(text_field(
        {"control", "group"},
        [](auto& s) -> auto& { return s.control.group; },
        config::account_form("the name of a group, or empty")));
    fields.push_back(text_field(
        {"control", "operators"},
        [](auto& s) -> auto& { return s.control.operators; },
        config::account_form("the name of a group, or empty")));
    fields.push_back(text_field(
        {"store", "path"}, [](auto& s) -> auto& { return s.store.path; }, config::path_form()));
    fields.push_back(
        switch_field({"store", "hash"}, [](auto& s) -> auto& { return s.store.hash; }));
    fields.push_back(text_field(
        {"store", "hash_key"},
        [](auto& s) -> auto& { return s.store.hash_key; },
        config::path_form()));
}

void add_outgoing(Fields& fields) {
    fields.push_back(list_field(
        {"outgoing", "networks"},
        [](auto& s) -> auto& { return s.outgoing.networks; },
        config::network_form()));
    fields.push_back(list_field(
        {"outgoing", "daemons"},
        [](auto& s) -> auto& { return s.outgoing.daemons; },
        config::name_form("the {daemon_name} of an MTA's service")));
    fields.push_back(list_field(
        {"outgoing", "sender_domains"},
        [](auto& s) -> auto& { return s.outgoing.sender_domains; },
        config::domain_form()));
    fields.push_back(list_field(
        {"outgoing", "local_domains"},
        [](auto& s) -> auto& { return s.outgoing.local_domains; },
        config::domain_form()));
    fields.push_back(text_field(
        {"outgoing", "mta_domains"},
        [](auto& s) -> auto& { return s.outgoing.mta_domains; },
        config::mta_source_form()));
    fields.push_back(list_field(
        {"outgoing", "local_transports"},
        [](auto& s) -> auto& { return s.outgoing.local_transports; },
        config::name_form("the name of an MTA's transport or mailer")));
    fields.push_back(list_field(
        {"outgoing", "own_domains"},
        [](auto& s) -> auto& { return s.outgoing.own_domains; },
        config::domain_form()));
    fields.push_back(text_field(
        {"outgoing", "reinjected"},
        [](auto& s) -> auto& { return s.outgoing.reinjected; },
        config::choice(std::array{Reinjected::Inbound, Reinjected::Outgoing})));
    fields.push_back(list_field(
        {"outgoing", "allow"},
        [](auto& s) -> auto& { return s.outgoing.allow; },
        config::recipient_pattern_form()));
    fields.push_back(list_field(
        {"outgoing", "block"},
        [](auto& s) -> auto& { return s.outgoing.block; },
        config::recipient_pattern_form()));
}

void add_dns(Fields& fields) {
    fields.push_back(list_field(
        {"dns", "nameservers"},
        [](auto& s) -> auto& { return s.dns.nameservers; },
        config::name_server_form()));
    // The MTA waits 30 s for an answer (Postfix milter_command_timeout).
    fields.push_back(text_field(
        {"dns", "budget"},
        [](auto& s) -> auto& { return s.dns.budget; },
        config::duration_form<milliseconds>(milliseconds(50), seconds(25), "2s")));
    fields.push_back(list_field(
        {"dns", "reserved_domains"},
        [](auto& s) -> auto& { return s.dns.reserved_domains; },
        config::domain_form()));
    fields.push_back(count_field({"dns", "cache_entries"},
                                 [](auto& s) -> auto& { return s.dns.cache_entries; },
                                 {0, 100'000'000}));
}

/// The four lists of a table that says whose mail belongs to a stream; `lists` gives them.
template <typename Lists>
void add_stream_lists(Fields& fields, const std::string& table, Lists lists) {
    fields.push_back(list_field(
        {table, "senders"},
        [=](auto& s) -> auto& { return lists(s).senders; },
        config::mailbox_or_domain_form()));
    fields.push_back(list_field(
        {table, "users"},
        [=](auto& s) -> auto& { return lists(s).users; },
        config::name_form("a SASL user name")));
    fields.push_back(list_field(
        {table, "daemons"},
        [=](auto& s) -> auto& { return lists(s).daemons; },
        config::name_form("the {daemon_name} of an MTA's service")));
    fields.push_back(list_field(
        {table, "clients"},
        [=](auto& s) -> auto& { return lists(s).clients; },
        config::network_form()));
}

void add_bulk(Fields& fields) {
    add_stream_lists(fields, "bulk", [](auto& s) -> auto& { return s.bulk; });
    fields.push_back(list_field(
        {"bulk", "headers"},
        [](auto& s) -> auto& { return s.bulk.headers; },
        config::field_name_form()));
    fields.push_back(text_field(
        {"bulk", "campaign_header"},
        [](auto& s) -> auto& { return s.bulk.campaign_header; },
        config::optional_field_name_form()));
    fields.push_back(count_field({"bulk", "recipients"},
                                 [](auto& s) -> auto& { return s.bulk.recipients; },
                                 {1, 1'000'000}));
    fields.push_back(text_field(
        {"bulk", "rate"}, [](auto& s) -> auto& { return s.bulk.rate; }, config::rate_form()));
    fields.push_back(count_field(
        {"bulk", "repeats"}, [](auto& s) -> auto& { return s.bulk.repeats; }, {2, 1000}));
    fields.push_back(text_field(
        {"bulk", "stop_above"},
        [](auto& s) -> auto& { return s.bulk.stop_above; },
        config::share_form("20%")));
    fields.push_back(count_field({"bulk", "stop_minimum"},
                                 [](auto& s) -> auto& { return s.bulk.stop_minimum; },
                                 {1, 1'000'000}));
    fields.push_back(text_field(
        {"bulk", "repeat_window"},
        [](auto& s) -> auto& { return s.bulk.repeat_window; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(365), "1d")));
    add_stream_lists(fields, "direct", [](auto& s) -> auto& { return s.direct; });
}

void add_policy(Fields& fields) {
    fields.push_back(text_field(
        {"policy", "refuse_at_rcpt"},
        [](auto& s) -> auto& { return s.policy.refuse_at_rcpt; },
        config::choice(
            std::array{RefuseAtRcpt::Authenticated, RefuseAtRcpt::Always, RefuseAtRcpt::Never})));
    fields.push_back(count_field({"policy", "refuse_at_most"},
                                 [](auto& s) -> auto& { return s.policy.refuse_at_most; },
                                 {0, 1'000'000}));
    fields.push_back(list_field(
        {"policy", "shadow"},
        [](auto& s) -> auto& { return s.policy.shadow; },
        config::choice(terms::kAllFindings)));
    fields.push_back(switch_field({"policy", "tag_header"},
                                  [](auto& s) -> auto& { return s.policy.tag_header; }));
    fields.push_back(list_field(
        {"policy", "known_domains"},
        [](auto& s) -> auto& { return s.policy.known_domains; },
        config::domain_form()));
    fields.push_back(text_field(
        {"policy", "role_addresses"},
        [](auto& s) -> auto& { return s.policy.role_addresses; },
        config::optional_path_form()));
    fields.push_back(text_field(
        {"policy", "disposable_domains"},
        [](auto& s) -> auto& { return s.policy.disposable_domains; },
        config::optional_path_form()));
    for (const terms::FindingName finding : terms::kAllFindings) {
        fields.push_back(
            action_field("policy.bulk", finding, [](auto& s) -> auto& { return s.policy.bulk; }));
    }
    for (const terms::FindingName finding : terms::kAllFindings) {
        fields.push_back(action_field(
            "policy.direct", finding, [](auto& s) -> auto& { return s.policy.direct; }));
    }
}

void add_suppress(Fields& fields) {
    fields.push_back(list_field(
        {"suppress", "delimiter"},
        [](auto& s) -> auto& { return s.suppress.delimiter; },
        config::tag_delimiter_form()));
}

void add_hold(Fields& fields) {
    fields.push_back(text_field(
        {"hold", "spool"}, [](auto& s) -> auto& { return s.hold.spool; }, config::path_form()));
    fields.push_back(text_field(
        {"hold", "reinject"},
        [](auto& s) -> auto& { return s.hold.reinject; },
        config::reinject_form()));
    fields.push_back(text_field(
        {"hold", "expire_after"},
        [](auto& s) -> auto& { return s.hold.expire_after; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "7d")));
    fields.push_back(text_field(
        {"hold", "at_expiry"},
        [](auto& s) -> auto& { return s.hold.at_expiry; },
        config::choice(std::array{AtExpiry::Return, AtExpiry::Release, AtExpiry::Discard})));
    fields.push_back(text_field(
        {"hold", "keep_ended"},
        [](auto& s) -> auto& { return s.hold.keep_ended; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d")));
    constexpr std::uint64_t kMostOctets = std::uint64_t{1} << 50U;
    fields.push_back(text_field(
        {"hold", "max_size"},
        [](auto& s) -> auto& { return s.hold.max_size; },
        config::size_form(0, kMostOctets, "10GiB")));
    fields.push_back(text_field(
        {"hold", "max_size_per_sender"},
        [](auto& s) -> auto& { return s.hold.max_size_per_sender; },
        config::size_form(0, kMostOctets, "1GiB")));
    fields.push_back(text_field(
        {"hold", "min_free"},
        [](auto& s) -> auto& { return s.hold.min_free; },
        config::size_form(0, kMostOctets, "64MiB")));
    fields.push_back(switch_field({"hold", "auto_release"},
                                  [](auto& s) -> auto& { return s.hold.auto_release; }));
}

void add_notice(Fields& fields) {
    fields.push_back(
        switch_field({"notice", "enabled"}, [](auto& s) -> auto& { return s.notice.enabled; }));
    fields.push_back(text_field(
        {"notice", "address"},
        [](auto& s) -> auto& { return s.notice.address; },
        config::optional_mailbox_form()));
    fields.push_back(text_field(
        {"notice", "collect"},
        [](auto& s) -> auto& { return s.notice.collect; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(1), "10m")));
    fields.push_back(text_field(
        {"notice", "reply_by"},
        [](auto& s) -> auto& { return s.notice.reply_by; },
        config::choice(std::array{ReplyBy::User, ReplyBy::Sender, ReplyBy::Token})));
    fields.push_back(text_field(
        {"notice", "budget"},
        [](auto& s) -> auto& { return s.notice.budget; },
        config::rate_form()));
    fields.push_back(text_field(
        {"notice", "contact"},
        [](auto& s) -> auto& { return s.notice.contact; },
        config::optional_words_form()));
    fields.push_back(text_field(
        {"notice", "to"},
        [](auto& s) -> auto& { return s.notice.to; },
        config::notice_target_form()));
    fields.push_back(list_field(
        {"notice", "to_by_sender"},
        [](auto& s) -> auto& { return s.notice.to_by_sender; },
        config::by_sender_form(config::notice_target_form(), "news.example.org = from")));
    fields.push_back(text_field(
        {"notice", "language"},
        [](auto& s) -> auto& { return s.notice.language; },
        config::language_form()));
    fields.push_back(list_field(
        {"notice", "language_by_sender"},
        [](auto& s) -> auto& { return s.notice.language_by_sender; },
        config::by_sender_form(config::language_form(), ".example.de = de")));
    fields.push_back(text_field(
        {"notice", "texts"}, [](auto& s) -> auto& { return s.notice.texts; }, config::path_form()));
    fields.push_back(text_field(
        {"notice", "local_texts"},
        [](auto& s) -> auto& { return s.notice.local_texts; },
        config::path_form()));
}

void add_digest(Fields& fields) {
    fields.push_back(list_field(
        {"digest", "to"}, [](auto& s) -> auto& { return s.digest.to; }, config::mailbox_form()));
    fields.push_back(text_field(
        {"digest", "at"},
        [](auto& s) -> auto& { return s.digest.at; },
        config::time_of_day_form()));
    fields.push_back(text_field(
        {"digest", "warn_before"},
        [](auto& s) -> auto& { return s.digest.warn_before; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "2d")));
    fields.push_back(list_field(
        {"compliance", "own_domains"},
        [](auto& s) -> auto& { return s.compliance.own_domains; },
        config::domain_form()));
    fields.push_back(switch_field({"compliance", "expect_signature"},
                                  [](auto& s) -> auto& { return s.compliance.expect_signature; }));
}

void add_on_error(Fields& fields) {
    const auto answers =
        config::choice(std::array{ErrorAnswer::Accept, ErrorAnswer::Tempfail, ErrorAnswer::Reject});
    fields.push_back(text_field(
        {"on_error", "store"}, [](auto& s) -> auto& { return s.on_error.store; }, answers));
    fields.push_back(
        text_field({"on_error", "dns"}, [](auto& s) -> auto& { return s.on_error.dns; }, answers));
    fields.push_back(text_field(
        {"on_error", "spool"}, [](auto& s) -> auto& { return s.on_error.spool; }, answers));
    fields.push_back(text_field(
        {"on_error", "internal"}, [](auto& s) -> auto& { return s.on_error.internal; }, answers));
}

void add_learning(Fields& fields) {
    fields.push_back(
        switch_field({"learn", "enabled"}, [](auto& s) -> auto& { return s.learn.enabled; }));
    fields.push_back(list_field(
        {"learn", "from"},
        [](auto& s) -> auto& { return s.learn.from; },
        config::choice(
            std::array{terms::Proof::Local, terms::Proof::Sealed, terms::Proof::Unproven})));
    fields.push_back(list_field(
        {"learn", "feedback_networks"},
        [](auto& s) -> auto& { return s.learn.feedback_networks; },
        config::network_form()));
    fields.push_back(list_field(
        {"learn", "feedback_domains"},
        [](auto& s) -> auto& { return s.learn.feedback_domains; },
        config::domain_form()));
    fields.push_back(list_field(
        {"learn", "feedback_senders"},
        [](auto& s) -> auto& { return s.learn.feedback_senders; },
        config::mailbox_form()));
    const auto scopes = config::choice(terms::kAllScopeKinds);
    fields.push_back(text_field(
        {"learn.scope", "bounce"}, [](auto& s) -> auto& { return s.learn.scope.bounce; }, scopes));
    fields.push_back(text_field(
        {"learn.scope", "complaint"},
        [](auto& s) -> auto& { return s.learn.scope.complaint; },
        scopes));
    fields.push_back(text_field(
        {"learn.scope", "unsubscribe"},
        [](auto& s) -> auto& { return s.learn.scope.unsubscribe; },
        scopes));
    fields.push_back(text_field(
        {"learn.scope", "manual"}, [](auto& s) -> auto& { return s.learn.scope.manual; }, scopes));
}

void add_outage_and_unsubscribing(Fields& fields) {
    fields.push_back(
        switch_field({"outage", "enabled"}, [](auto& s) -> auto& { return s.outage.enabled; }));
    fields.push_back(text_field(
        {"outage", "known_good"},
        [](auto& s) -> auto& { return s.outage.known_good; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "90d")));
    fields.push_back(count_field(
        {"outage", "minimum"}, [](auto& s) -> auto& { return s.outage.minimum; }, {1, 10'000}));
    fields.push_back(text_field(
        {"outage", "rate"},
        [](auto& s) -> auto& { return s.outage.rate; },
        config::share_form("10%")));
    fields.push_back(text_field(
        {"outage", "window"},
        [](auto& s) -> auto& { return s.outage.window; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(31), "1h")));
    fields.push_back(list_field(
        {"unsubscribe", "addresses"},
        [](auto& s) -> auto& { return s.unsubscribe.addresses; },
        config::mailbox_form()));
    fields.push_back(text_field(
        {"unsubscribe", "add"},
        [](auto& s) -> auto& { return s.unsubscribe.add; },
        config::optional_mailbox_form()));
    fields.push_back(list_field(
        {"unsubscribe", "authserv_ids"},
        [](auto& s) -> auto& { return s.unsubscribe.authserv_ids; },
        config::domain_form()));
}

void add_seal(Fields& fields) {
    fields.push_back(
        switch_field({"seal", "enabled"}, [](auto& s) -> auto& { return s.seal.enabled; }));
    fields.push_back(text_field(
        {"seal", "key"}, [](auto& s) -> auto& { return s.seal.key; }, config::path_form()));
    fields.push_back(text_field(
        {"seal", "lifetime"},
        [](auto& s) -> auto& { return s.seal.lifetime; },
        config::duration_form<seconds>(std::chrono::hours(1), std::chrono::days(3650), "14d")));
    fields.push_back(text_field(
        {"seal", "shared"},
        [](auto& s) -> auto& { return s.seal.shared; },
        config::choice(std::array{SharedSeal::Origin, SharedSeal::Trust})));
    fields.push_back(list_field(
        {"seal", "relays"},
        [](auto& s) -> auto& { return s.seal.relays; },
        config::network_form()));
}

void add_inbound(Fields& fields) {
    constexpr std::uint64_t kKibi = 1024;
    fields.push_back(text_field(
        {"dsn", "max_message"},
        [](auto& s) -> auto& { return s.dsn.max_message; },
        config::size_form(kKibi, kKibi * kKibi * kKibi, "2MiB")));
    fields.push_back(text_field(
        {"codes", "file"}, [](auto& s) -> auto& { return s.codes.file; }, config::path_form()));
    fields.push_back(text_field(
        {"codes", "rules"}, [](auto& s) -> auto& { return s.codes.rules; }, config::path_form()));
    fields.push_back(text_field(
        {"codes", "lexicon"},
        [](auto& s) -> auto& { return s.codes.lexicon; },
        config::path_form()));
    fields.push_back(text_field(
        {"codes", "local_file"},
        [](auto& s) -> auto& { return s.codes.local_file; },
        config::path_form()));
    fields.push_back(text_field(
        {"codes", "local_rules"},
        [](auto& s) -> auto& { return s.codes.local_rules; },
        config::path_form()));
    fields.push_back(text_field(
        {"codes", "local_lexicon"},
        [](auto& s) -> auto& { return s.codes.local_lexicon; },
        config::path_form()));
    fields.push_back(
        switch_field({"codes", "extensions"}, [](auto& s) -> auto& { return s.codes.extensions; }));
}

void add_logs(Fields& fields) {
    fields.push_back(text_field(
        {"maillog", "file"},
        [](auto& s) -> auto& { return s.maillog.file; },
        config::optional_path_form()));
    fields.push_back(
        switch_field({"maillog", "trusted"}, [](auto& s) -> auto& { return s.maillog.trusted; }));
    fields.push_back(
        switch_field({"maillog", "journal"}, [](auto& s) -> auto& { return s.maillog.journal; }));
    fields.push_back(list_field(
        {"maillog", "handed_on"},
        [](auto& s) -> auto& { return s.maillog.handed_on; },
        config::network_form()));
    fields.push_back(text_field(
        {"journal", "keep"},
        [](auto& s) -> auto& { return s.journal.keep; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d")));
    fields.push_back(count_field({"journal", "entries"},
                                 [](auto& s) -> auto& { return s.journal.entries; },
                                 {1000, 1'000'000'000}));
    fields.push_back(text_field(
        {"journal", "decisions"},
        [](auto& s) -> auto& { return s.journal.decisions; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(3650), "30d")));
    fields.push_back(count_field({"journal", "decision_entries"},
                                 [](auto& s) -> auto& { return s.journal.decision_entries; },
                                 {1000, 1'000'000'000}));
    fields.push_back(text_field(
        {"log", "target"},
        [](auto& s) -> auto& { return s.log.target; },
        config::log_target_form()));
    fields.push_back(text_field(
        {"log", "level"},
        [](auto& s) -> auto& { return s.log.level; },
        config::choice(
            std::array{LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error})));
}

}  // namespace

std::vector<SettingsField> settings_fields() {
    Fields fields;
    add_milter(fields);
    add_outgoing(fields);
    add_dns(fields);
    add_bulk(fields);
    add_policy(fields);
    add_suppress(fields);
    add_hold(fields);
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
