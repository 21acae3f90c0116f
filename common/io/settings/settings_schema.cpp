// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_schema.hpp"

#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "io/settings/field_forms.hpp"
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

void add_milter(Fields& fields) {
    add_text(
        fields,
        {"", "mode"},
        [](auto& s) -> auto& { return s.mode; },
        config::choice(std::array{Mode::Shadow, Mode::Enforce}));
    add_text(
        fields,
        {"milter", "socket"},
        [](auto& s) -> auto& { return s.milter.socket; },
        config::milter_socket_form());
    add_text(
        fields,
        {"milter", "socket_group"},
        [](auto& s) -> auto& { return s.milter.socket_group; },
        config::account_form("the name of a group, or empty"));
    add_text(
        fields,
        {"milter", "socket_mode"},
        [](auto& s) -> auto& { return s.milter.socket_mode; },
        config::file_mode_form());
    add_text(
        fields,
        {"milter", "user"},
        [](auto& s) -> auto& { return s.milter.user; },
        config::account_form("the name of a user, or empty"));
    add_text(
        fields,
        {"milter", "answer_at"},
        [](auto& s) -> auto& { return s.milter.answer_at; },
        config::choice(std::array{AnswerAt::Recipient, AnswerAt::Message}));
    add_count(fields,
              {"milter", "max_waiting"},
              [](auto& s) -> auto& { return s.milter.max_waiting; },
              {1, 100'000});
}

void add_control(Fields& fields) {
    add_text(
        fields,
        {"control", "socket"},
        [](auto& s) -> auto& { return s.control.socket; },
        config::control_socket_form());
    add_text(
        fields,
        {"control", "group"},
        [](auto& s) -> auto& { return s.control.group; },
        config::account_form("the name of a group, or empty"));
    add_text(
        fields,
        {"control", "operators"},
        [](auto& s) -> auto& { return s.control.operators; },
        config::account_form("the name of a group, or empty"));
    add_text(
        fields,
        {"store", "path"},
        [](auto& s) -> auto& { return s.store.path; },
        config::path_form());
    add_switch(fields, {"store", "hash"}, [](auto& s) -> auto& { return s.store.hash; });
    add_text(
        fields,
        {"store", "hash_key"},
        [](auto& s) -> auto& { return s.store.hash_key; },
        config::path_form());
}

void add_outgoing(Fields& fields) {
    add_list(
        fields,
        {"outgoing", "networks"},
        [](auto& s) -> auto& { return s.outgoing.networks; },
        config::network_form());
    add_list(
        fields,
        {"outgoing", "daemons"},
        [](auto& s) -> auto& { return s.outgoing.daemons; },
        config::name_form("the {daemon_name} of an MTA's service"));
    add_list(
        fields,
        {"outgoing", "sender_domains"},
        [](auto& s) -> auto& { return s.outgoing.sender_domains; },
        config::domain_form());
    add_list(
        fields,
        {"outgoing", "local_domains"},
        [](auto& s) -> auto& { return s.outgoing.local_domains; },
        config::domain_form());
    add_text(
        fields,
        {"outgoing", "mta_domains"},
        [](auto& s) -> auto& { return s.outgoing.mta_domains; },
        config::mta_source_form());
    add_list(
        fields,
        {"outgoing", "local_transports"},
        [](auto& s) -> auto& { return s.outgoing.local_transports; },
        config::name_form("the name of an MTA's transport or mailer"));
    add_list(
        fields,
        {"outgoing", "own_domains"},
        [](auto& s) -> auto& { return s.outgoing.own_domains; },
        config::domain_form());
    add_text(
        fields,
        {"outgoing", "reinjected"},
        [](auto& s) -> auto& { return s.outgoing.reinjected; },
        config::choice(std::array{Reinjected::Inbound, Reinjected::Outgoing}));
    add_list(
        fields,
        {"outgoing", "allow"},
        [](auto& s) -> auto& { return s.outgoing.allow; },
        config::recipient_pattern_form());
    add_list(
        fields,
        {"outgoing", "block"},
        [](auto& s) -> auto& { return s.outgoing.block; },
        config::recipient_pattern_form());
}

void add_dns(Fields& fields) {
    add_list(
        fields,
        {"dns", "nameservers"},
        [](auto& s) -> auto& { return s.dns.nameservers; },
        config::name_server_form());
    // The MTA waits 30 s for an answer (Postfix milter_command_timeout).
    add_text(
        fields,
        {"dns", "budget"},
        [](auto& s) -> auto& { return s.dns.budget; },
        config::duration_form<milliseconds>(milliseconds(50), seconds(25), "2s"));
    add_list(
        fields,
        {"dns", "reserved_domains"},
        [](auto& s) -> auto& { return s.dns.reserved_domains; },
        config::domain_form());
    add_count(fields,
              {"dns", "cache_entries"},
              [](auto& s) -> auto& { return s.dns.cache_entries; },
              {0, 100'000'000});
}

/// The four lists of a table that says whose mail belongs to a stream; `lists` gives them.
template <typename Lists>
void add_stream_lists(Fields& fields, std::string_view table, Lists /*lists*/) {
    add_list(
        fields,
        {table, "senders"},
        [](auto& s) -> auto& { return Lists()(s).senders; },
        config::mailbox_or_domain_form());
    add_list(
        fields,
        {table, "users"},
        [](auto& s) -> auto& { return Lists()(s).users; },
        config::name_form("a SASL user name"));
    add_list(
        fields,
        {table, "daemons"},
        [](auto& s) -> auto& { return Lists()(s).daemons; },
        config::name_form("the {daemon_name} of an MTA's service"));
    add_list(
        fields,
        {table, "clients"},
        [](auto& s) -> auto& { return Lists()(s).clients; },
        config::network_form());
}

void add_bulk(Fields& fields) {
    add_stream_lists(fields, "bulk", [](auto& s) -> auto& { return s.bulk; });
    add_list(
        fields,
        {"bulk", "headers"},
        [](auto& s) -> auto& { return s.bulk.headers; },
        config::field_name_form());
    add_text(
        fields,
        {"bulk", "campaign_header"},
        [](auto& s) -> auto& { return s.bulk.campaign_header; },
        config::optional_field_name_form());
    add_count(fields,
              {"bulk", "recipients"},
              [](auto& s) -> auto& { return s.bulk.recipients; },
              {1, 1'000'000});
    add_text(
        fields,
        {"bulk", "rate"},
        [](auto& s) -> auto& { return s.bulk.rate; },
        config::rate_form());
    add_count(
        fields, {"bulk", "repeats"}, [](auto& s) -> auto& { return s.bulk.repeats; }, {2, 1000});
    add_text(
        fields,
        {"bulk", "stop_above"},
        [](auto& s) -> auto& { return s.bulk.stop_above; },
        config::share_form("20%"));
    add_count(fields,
              {"bulk", "stop_minimum"},
              [](auto& s) -> auto& { return s.bulk.stop_minimum; },
              {1, 1'000'000});
    add_text(
        fields,
        {"bulk", "repeat_window"},
        [](auto& s) -> auto& { return s.bulk.repeat_window; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(365), "1d"));
    add_stream_lists(fields, "direct", [](auto& s) -> auto& { return s.direct; });
}

void add_policy(Fields& fields) {
    add_text(
        fields,
        {"policy", "refuse_at_rcpt"},
        [](auto& s) -> auto& { return s.policy.refuse_at_rcpt; },
        config::choice(
            std::array{RefuseAtRcpt::Authenticated, RefuseAtRcpt::Always, RefuseAtRcpt::Never}));
    add_count(fields,
              {"policy", "refuse_at_most"},
              [](auto& s) -> auto& { return s.policy.refuse_at_most; },
              {0, 1'000'000});
    add_list(
        fields,
        {"policy", "shadow"},
        [](auto& s) -> auto& { return s.policy.shadow; },
        config::choice(terms::kAllFindings));
    add_switch(
        fields, {"policy", "tag_header"}, [](auto& s) -> auto& { return s.policy.tag_header; });
    add_list(
        fields,
        {"policy", "known_domains"},
        [](auto& s) -> auto& { return s.policy.known_domains; },
        config::domain_form());
    add_text(
        fields,
        {"policy", "role_addresses"},
        [](auto& s) -> auto& { return s.policy.role_addresses; },
        config::optional_path_form());
    add_text(
        fields,
        {"policy", "disposable_domains"},
        [](auto& s) -> auto& { return s.policy.disposable_domains; },
        config::optional_path_form());
    for (const terms::FindingName finding : terms::kAllFindings) {
        add_action(fields, "policy.bulk", finding, [](auto& s) -> auto& { return s.policy.bulk; });
    }
    for (const terms::FindingName finding : terms::kAllFindings) {
        add_action(
            fields, "policy.direct", finding, [](auto& s) -> auto& { return s.policy.direct; });
    }
}

void add_suppress(Fields& fields) {
    add_list(
        fields,
        {"suppress", "delimiter"},
        [](auto& s) -> auto& { return s.suppress.delimiter; },
        config::tag_delimiter_form());
}

void add_hold(Fields& fields) {
    add_text(
        fields,
        {"hold", "spool"},
        [](auto& s) -> auto& { return s.hold.spool; },
        config::path_form());
    add_text(
        fields,
        {"hold", "reinject"},
        [](auto& s) -> auto& { return s.hold.reinject; },
        config::reinject_form());
    add_text(
        fields,
        {"hold", "expire_after"},
        [](auto& s) -> auto& { return s.hold.expire_after; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "7d"));
    add_text(
        fields,
        {"hold", "at_expiry"},
        [](auto& s) -> auto& { return s.hold.at_expiry; },
        config::choice(std::array{AtExpiry::Return, AtExpiry::Release, AtExpiry::Discard}));
    add_text(
        fields,
        {"hold", "keep_ended"},
        [](auto& s) -> auto& { return s.hold.keep_ended; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d"));
    constexpr std::uint64_t kMostOctets = std::uint64_t{1} << 50U;
    add_text(
        fields,
        {"hold", "max_size"},
        [](auto& s) -> auto& { return s.hold.max_size; },
        config::size_form(0, kMostOctets, "10GiB"));
    add_text(
        fields,
        {"hold", "max_size_per_sender"},
        [](auto& s) -> auto& { return s.hold.max_size_per_sender; },
        config::size_form(0, kMostOctets, "1GiB"));
    add_text(
        fields,
        {"hold", "min_free"},
        [](auto& s) -> auto& { return s.hold.min_free; },
        config::size_form(0, kMostOctets, "64MiB"));
    add_switch(
        fields, {"hold", "auto_release"}, [](auto& s) -> auto& { return s.hold.auto_release; });
}

void add_notice(Fields& fields) {
    add_switch(fields, {"notice", "enabled"}, [](auto& s) -> auto& { return s.notice.enabled; });
    add_text(
        fields,
        {"notice", "address"},
        [](auto& s) -> auto& { return s.notice.address; },
        config::optional_mailbox_form());
    add_text(
        fields,
        {"notice", "collect"},
        [](auto& s) -> auto& { return s.notice.collect; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(1), "10m"));
    add_text(
        fields,
        {"notice", "reply_by"},
        [](auto& s) -> auto& { return s.notice.reply_by; },
        config::choice(std::array{ReplyBy::User, ReplyBy::Sender, ReplyBy::Token}));
    add_text(
        fields,
        {"notice", "budget"},
        [](auto& s) -> auto& { return s.notice.budget; },
        config::rate_form());
    add_text(
        fields,
        {"notice", "contact"},
        [](auto& s) -> auto& { return s.notice.contact; },
        config::optional_words_form());
    add_text(
        fields,
        {"notice", "to"},
        [](auto& s) -> auto& { return s.notice.to; },
        config::notice_target_form());
    add_list(
        fields,
        {"notice", "to_by_sender"},
        [](auto& s) -> auto& { return s.notice.to_by_sender; },
        config::by_sender_form(config::notice_target_form(), "news.example.org = from"));
    add_text(
        fields,
        {"notice", "language"},
        [](auto& s) -> auto& { return s.notice.language; },
        config::language_form());
    add_list(
        fields,
        {"notice", "language_by_sender"},
        [](auto& s) -> auto& { return s.notice.language_by_sender; },
        config::by_sender_form(config::language_form(), ".example.de = de"));
    add_text(
        fields,
        {"notice", "texts"},
        [](auto& s) -> auto& { return s.notice.texts; },
        config::path_form());
    add_text(
        fields,
        {"notice", "local_texts"},
        [](auto& s) -> auto& { return s.notice.local_texts; },
        config::path_form());
}

void add_digest(Fields& fields) {
    add_list(
        fields,
        {"digest", "to"},
        [](auto& s) -> auto& { return s.digest.to; },
        config::mailbox_form());
    add_text(
        fields,
        {"digest", "at"},
        [](auto& s) -> auto& { return s.digest.at; },
        config::time_of_day_form());
    add_text(
        fields,
        {"digest", "warn_before"},
        [](auto& s) -> auto& { return s.digest.warn_before; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "2d"));
    add_list(
        fields,
        {"compliance", "own_domains"},
        [](auto& s) -> auto& { return s.compliance.own_domains; },
        config::domain_form());
    add_switch(fields, {"compliance", "expect_signature"}, [](auto& s) -> auto& {
        return s.compliance.expect_signature;
    });
}

void add_on_error(Fields& fields) {
    const auto answers =
        config::choice(std::array{ErrorAnswer::Accept, ErrorAnswer::Tempfail, ErrorAnswer::Reject});
    add_text(
        fields, {"on_error", "store"}, [](auto& s) -> auto& { return s.on_error.store; }, answers);
    add_text(fields, {"on_error", "dns"}, [](auto& s) -> auto& { return s.on_error.dns; }, answers);
    add_text(
        fields, {"on_error", "spool"}, [](auto& s) -> auto& { return s.on_error.spool; }, answers);
    add_text(
        fields,
        {"on_error", "internal"},
        [](auto& s) -> auto& { return s.on_error.internal; },
        answers);
}

void add_learning(Fields& fields) {
    add_switch(fields, {"learn", "enabled"}, [](auto& s) -> auto& { return s.learn.enabled; });
    add_list(
        fields,
        {"learn", "from"},
        [](auto& s) -> auto& { return s.learn.from; },
        config::choice(
            std::array{terms::Proof::Local, terms::Proof::Sealed, terms::Proof::Unproven}));
    add_list(
        fields,
        {"learn", "feedback_networks"},
        [](auto& s) -> auto& { return s.learn.feedback_networks; },
        config::network_form());
    add_list(
        fields,
        {"learn", "feedback_domains"},
        [](auto& s) -> auto& { return s.learn.feedback_domains; },
        config::domain_form());
    add_list(
        fields,
        {"learn", "feedback_senders"},
        [](auto& s) -> auto& { return s.learn.feedback_senders; },
        config::mailbox_form());
    const auto scopes = config::choice(terms::kAllScopeKinds);
    add_text(
        fields,
        {"learn.scope", "bounce"},
        [](auto& s) -> auto& { return s.learn.scope.bounce; },
        scopes);
    add_text(
        fields,
        {"learn.scope", "complaint"},
        [](auto& s) -> auto& { return s.learn.scope.complaint; },
        scopes);
    add_text(
        fields,
        {"learn.scope", "unsubscribe"},
        [](auto& s) -> auto& { return s.learn.scope.unsubscribe; },
        scopes);
    add_text(
        fields,
        {"learn.scope", "manual"},
        [](auto& s) -> auto& { return s.learn.scope.manual; },
        scopes);
}

void add_outage_and_unsubscribing(Fields& fields) {
    add_switch(fields, {"outage", "enabled"}, [](auto& s) -> auto& { return s.outage.enabled; });
    add_text(
        fields,
        {"outage", "known_good"},
        [](auto& s) -> auto& { return s.outage.known_good; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "90d"));
    add_count(fields,
              {"outage", "minimum"},
              [](auto& s) -> auto& { return s.outage.minimum; },
              {1, 10'000});
    add_text(
        fields,
        {"outage", "rate"},
        [](auto& s) -> auto& { return s.outage.rate; },
        config::share_form("10%"));
    add_text(
        fields,
        {"outage", "window"},
        [](auto& s) -> auto& { return s.outage.window; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(31), "1h"));
    add_list(
        fields,
        {"unsubscribe", "addresses"},
        [](auto& s) -> auto& { return s.unsubscribe.addresses; },
        config::mailbox_form());
    add_text(
        fields,
        {"unsubscribe", "add"},
        [](auto& s) -> auto& { return s.unsubscribe.add; },
        config::optional_mailbox_form());
    add_list(
        fields,
        {"unsubscribe", "authserv_ids"},
        [](auto& s) -> auto& { return s.unsubscribe.authserv_ids; },
        config::domain_form());
}

void add_seal(Fields& fields) {
    add_switch(fields, {"seal", "enabled"}, [](auto& s) -> auto& { return s.seal.enabled; });
    add_text(
        fields, {"seal", "key"}, [](auto& s) -> auto& { return s.seal.key; }, config::path_form());
    add_text(
        fields,
        {"seal", "lifetime"},
        [](auto& s) -> auto& { return s.seal.lifetime; },
        config::duration_form<seconds>(std::chrono::hours(1), std::chrono::days(3650), "14d"));
    add_text(
        fields,
        {"seal", "shared"},
        [](auto& s) -> auto& { return s.seal.shared; },
        config::choice(std::array{SharedSeal::Origin, SharedSeal::Trust}));
    add_list(
        fields,
        {"seal", "relays"},
        [](auto& s) -> auto& { return s.seal.relays; },
        config::network_form());
}

void add_inbound(Fields& fields) {
    constexpr std::uint64_t kKibi = 1024;
    add_text(
        fields,
        {"dsn", "max_message"},
        [](auto& s) -> auto& { return s.dsn.max_message; },
        config::size_form(kKibi, kKibi * kKibi * kKibi, "2MiB"));
    add_text(
        fields,
        {"codes", "file"},
        [](auto& s) -> auto& { return s.codes.file; },
        config::path_form());
    add_text(
        fields,
        {"codes", "rules"},
        [](auto& s) -> auto& { return s.codes.rules; },
        config::path_form());
    add_text(
        fields,
        {"codes", "lexicon"},
        [](auto& s) -> auto& { return s.codes.lexicon; },
        config::path_form());
    add_text(
        fields,
        {"codes", "local_file"},
        [](auto& s) -> auto& { return s.codes.local_file; },
        config::path_form());
    add_text(
        fields,
        {"codes", "local_rules"},
        [](auto& s) -> auto& { return s.codes.local_rules; },
        config::path_form());
    add_text(
        fields,
        {"codes", "local_lexicon"},
        [](auto& s) -> auto& { return s.codes.local_lexicon; },
        config::path_form());
    add_switch(
        fields, {"codes", "extensions"}, [](auto& s) -> auto& { return s.codes.extensions; });
}

void add_logs(Fields& fields) {
    add_text(
        fields,
        {"maillog", "file"},
        [](auto& s) -> auto& { return s.maillog.file; },
        config::optional_path_form());
    add_switch(fields, {"maillog", "trusted"}, [](auto& s) -> auto& { return s.maillog.trusted; });
    add_switch(fields, {"maillog", "journal"}, [](auto& s) -> auto& { return s.maillog.journal; });
    add_list(
        fields,
        {"maillog", "handed_on"},
        [](auto& s) -> auto& { return s.maillog.handed_on; },
        config::network_form());
    add_text(
        fields,
        {"journal", "keep"},
        [](auto& s) -> auto& { return s.journal.keep; },
        config::duration_form<seconds>(seconds(1), std::chrono::days(3650), "30d"));
    add_count(fields,
              {"journal", "entries"},
              [](auto& s) -> auto& { return s.journal.entries; },
              {1000, 1'000'000'000});
    add_text(
        fields,
        {"journal", "decisions"},
        [](auto& s) -> auto& { return s.journal.decisions; },
        config::duration_form<seconds>(seconds(0), std::chrono::days(3650), "30d"));
    add_count(fields,
              {"journal", "decision_entries"},
              [](auto& s) -> auto& { return s.journal.decision_entries; },
              {1000, 1'000'000'000});
    add_text(
        fields,
        {"log", "target"},
        [](auto& s) -> auto& { return s.log.target; },
        config::log_target_form());
    add_text(
        fields,
        {"log", "level"},
        [](auto& s) -> auto& { return s.log.level; },
        config::choice(
            std::array{LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}));
}

}  // namespace

std::vector<SettingsField> settings_fields() {
    Fields fields;
    add_milter(fields);
    add_control(fields);
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
