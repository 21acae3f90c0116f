// SPDX-License-Identifier: Apache-2.0
#include "milter/session/session.hpp"

#include "config/policy.hpp"
#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "dsn/message_view.hpp"
#include "dsn/seal.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/incoming/departures.hpp"
#include "flow/incoming/learner.hpp"
#include "flow/open_answers.hpp"
#include "flow/own_mail.hpp"
#include "letters/notice_token.hpp"
#include "mail/ip_address.hpp"
#include "milter/session/mta_actions.hpp"
#include "milter/session/session_parts.hpp"
#include "ports/held_acts.hpp"
#include "ports/held_store.hpp"
#include "ports/message_reader.hpp"
#include "ports/notice_store.hpp"
#include "ports/submitter.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_campaigns.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_notices.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/one_route.hpp"
#include "tests/support/zone_resolver.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::milter::session {

namespace {

using support::ZoneState;

/// Gives a report about one failed recipient, whatever it reads.
class FixedReader final : public ports::MessageReader {
public:
    /// Outgoing mail is one text part.
    [[nodiscard]] static dsn::MessageView plain(std::string_view octets) {
        dsn::MessageView view;
        const std::string header(octets.substr(0, octets.find("\r\n\r\n") + 2));
        const std::size_t subject = header.find("Subject: ");
        if (subject != std::string::npos) {
            const std::size_t begin = subject + std::string_view("Subject: ").size();
            view.subject = header.substr(begin, header.find("\r\n", begin) - begin);
        }
        dsn::MessagePart text;
        text.media_type = "text/plain";
        text.text = octets.substr(header.size() + 2);
        view.parts = {text};
        return view;
    }

    /// A complaint of a provider's feedback loop (RFC 5965).
    [[nodiscard]] static dsn::MessageView complaint() {
        dsn::MessageView view;
        view.media_type = "multipart/report";
        view.parameters = {{"report-type", "feedback-report"}};
        view.headers.add("Content-Type", " multipart/report; report-type=feedback-report");
        dsn::MessagePart feedback;
        feedback.media_type = "message/feedback-report";
        feedback.text =
            "Feedback-Type: abuse\nUser-Agent: f/1\nVersion: 1\n"
            "Original-Rcpt-To: <eva@good.test>\n";
        dsn::MessagePart header;
        header.media_type = "text/rfc822-headers";
        header.text = "Subject: News\nMessage-ID: <1@a.test>\n";
        view.parts = {feedback, header};
        return view;
    }

    [[nodiscard]] dsn::MessageView read(std::string_view octets) const override {
        if (complains_) {
            return complaint();
        }
        if (letter_.empty() && octets.find("multipart/report") == std::string_view::npos) {
            return plain(octets);
        }
        last_ = octets;
        dsn::MessageView view;
        if (!letter_.empty()) {
            dsn::MessagePart part;
            part.media_type = "text/plain";
            part.text = letter_;
            view.media_type = "text/plain";
            view.parts = {part};
            return view;
        }
        view.media_type = "multipart/report";
        view.parameters = {{"report-type", "delivery-status"}};
        view.headers.add("Content-Type", " multipart/report; report-type=delivery-status");
        view.headers.add("Subject", " Undelivered Mail Returned to Sender");
        dsn::MessagePart text;
        text.media_type = "text/plain";
        text.text = "I could not deliver your message.\n";
        dsn::MessagePart status;
        status.media_type = "message/delivery-status";
        status.text =
            "Reporting-MTA: dns; mx.a.test\nX-Postfix-Queue-ID: 4Xk2\n\n"
            "Final-Recipient: rfc822; eva@good.test\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; " +
            diagnostic_ + "\n";
        dsn::MessagePart header;
        header.media_type = "text/rfc822-headers";
        header.text = "Subject: News\nMessage-ID: <1@a.test>\n";
        view.parts = {text, status, header};
        return view;
    }
    [[nodiscard]] const std::string& last() const { return last_; }

    void say(std::string_view diagnostic) { diagnostic_ = diagnostic; }
    /// From now on a letter with this text.
    void write(std::string_view text) { letter_ = text; }
    /// From now on a complaint.
    void complain() { complains_ = true; }

private:
    bool complains_ = false;
    std::string letter_;
    std::string diagnostic_ = "550 5.1.1 no such user here";
    mutable std::string last_;
};

/// Notes what the session asked of the MTA.
class RecordingActions final : public MtaActions {
public:
    bool delete_recipient(std::string_view verbatim) override {
        deleted.emplace_back(verbatim);
        on_delete();
        return obedient;
    }
    bool add_header(std::string_view name, std::string_view value) override {
        added.emplace_back(name, value);
        return true;
    }
    bool insert_header(std::string_view name, std::string_view value) override {
        inserted.emplace_back(name, value);
        return true;
    }
    bool remove_header(std::string_view name, int occurrence) override {
        removed.emplace_back(name, occurrence);
        return true;
    }
    bool set_envelope_id(std::string_view sender, std::string_view id) override {
        envelope_ids.emplace_back(sender, id);
        return true;
    }
    void progress() override {}
    void forget() {
        envelope_ids.clear();
        deleted.clear();
        added.clear();
        inserted.clear();
        removed.clear();
    }

    std::vector<std::pair<std::string, std::string>> envelope_ids;
    std::vector<std::string> deleted;
    std::function<void()> on_delete = [] {};
    std::vector<std::pair<std::string, std::string>> added;
    std::vector<std::pair<std::string, std::string>> inserted;
    std::vector<std::pair<std::string, int>> removed;
    bool obedient = true;
};

reading::RuleSet one_rule(const terms::CodeCatalogue& codes) {
    reading::Rule rule;
    rule.id = "text/user-unknown";
    rule.code = terms::FailureCode(2001);
    rule.text = {"no such user"};
    rule.expect = {reading::RuleExample{.text = "550 5.1.1 no such user"}};
    std::vector<reading::Rule> rules;
    rules.push_back(std::move(rule));
    return reading::RuleSet::make(std::move(rules), codes).value();
}

terms::CodeCatalogue two_codes() {
    const auto entry = [](terms::FailureCode code,
                          std::string name,
                          terms::FailureClass of,
                          terms::Learning learning) {
        return terms::CodeEntry{.code = code,
                                .name = std::move(name),
                                .failure_class = of,
                                .parent = std::nullopt,
                                .meaning = "m",
                                .advice = "a",
                                .who = terms::Actor::Sender,
                                .resend_helps = false,
                                .learning = learning};
    };
    return terms::CodeCatalogue::make({entry(terms::FailureCode(2001),
                                             "address-invalid",
                                             terms::FailureClass::Permanent,
                                             terms::Learning::Suppress),
                                       entry(terms::kUnknownFailure,
                                             "unknown",
                                             terms::FailureClass::Unknown,
                                             terms::Learning::Never)})
        .value();
}

/// Everything behind a session, with fakes behind the ports.
/// What one user may send as, in a file of our own form.
config::SenderLogins senders_of(std::string_view user, std::string_view sender) {
    config::SenderLogins logins;
    logins.add(std::make_shared<const config::LoginSource>(config::LoginSource{
        .name = "file:/senders",
        .content = config::parse_user_senders(fmt::format("{} {}", user, sender)).value()}));
    return logins;
}

struct House {
    explicit House(const config::Settings& settings, const config::SenderLogins& logins = {})
        : snapshots(snapshot_of(settings, logins)),
          own_mail(spool, held, clock, own_name, snapshots),
          campaigns({.store = campaign_store, .log = log, .clock = clock}),
          outbound({.resolver = resolver,
                    .suppressions = suppressions,
                    .journal = journal,
                    .held = held,
                    .spool = spool,
                    .log = log,
                    .clock = clock,
                    .own_mail = own_mail,
                    .own_senders = own_senders,
                    .reader = reader,
                    .campaigns = campaigns}),
          seals({.resolver = resolver, .departures = departures, .clock = clock}),
          learner({.suppressions = suppressions,
                   .journal = journal,
                   .outages = outages,
                   .resolver = resolver,
                   .log = log,
                   .clock = clock}),
          inbound({.reader = reader,
                   .learner = learner,
                   .unknown = unknown,
                   .seals = seals,
                   .log = log,
                   .clock = clock}),
          release({.held = held,
                   .spool = spool,
                   .log = log,
                   .clock = clock,
                   .own_mail = own_mail,
                   .campaigns = &campaigns,
                   .make_submitter =
                       [this](const config::HoldSettings&) {
                           return std::make_unique<Forward>(submitter);
                       },
                   .make_token = [this] { return "token-" + std::to_string(++tokens); }}),
          replies({.notices = notices,
                   .reader = reader,
                   .log = log,
                   .clock = clock,
                   .keys = [this] { return seals.keys(); },
                   .own_name = own_name,
                   .snapshots = snapshots}),
          session(parts(), "s", HeaderValues::Exact) {
        resolver.set("good.test", ZoneState::Good);
        resolver.set("null.test", ZoneState::NullMx);
        resolver.set("silent.test", ZoneState::Silent);
        resolver.set("a.test", ZoneState::Good);
    }

    static std::shared_ptr<const flow::Snapshot> snapshot_of(const config::Settings& settings,
                                                             const config::SenderLogins& logins) {
        terms::CodeCatalogue codes = two_codes();
        reading::RuleSet rules = one_rule(codes);
        return std::make_shared<const flow::Snapshot>(
            flow::Snapshot{.settings = settings,
                           .codes = std::move(codes),
                           .knowledge = {.rules = std::move(rules), .lexicon = {}},
                           .lists = {},
                           .notices = {},
                           .logins = logins});
    }

    struct Forward final : ports::Submitter {
        explicit Forward(support::FakeSubmitter& to) : target(to) {}
        std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                    core::SteadyPoint deadline) override {
            return target.submit(submission, deadline);
        }
        support::FakeSubmitter& target;
    };

    void connect(std::string_view client, std::string daemon = "mx.a.test") {
        session.connect({.client = std::string(client),
                         .address = mail::IpAddress::parse(client),
                         .daemon_name = std::move(daemon),
                         .daemon_port = "25"});
    }

    /// What sessions share.
    Session::Parts parts() {
        return {.snapshots = snapshots,
                .outbound = outbound,
                .inbound = inbound,
                .release = release,
                .seals = seals,
                .replies = replies,
                .sender_override = sender_override,
                .own_name = own_name,
                .own_senders = own_senders,
                .judged_before = judged_before,
                .warnings = warnings,
                .waiting = waiting,
                .log = log};
    }

    /// Sends a message up to the end of its headers, in this session or another.
    SessionReply begin(std::string sender,
                       const std::vector<std::string>& recipients,
                       const std::vector<std::pair<std::string, std::string>>& headers,
                       std::string user,
                       Session& in) {
        in.mail({.path = std::move(sender),
                 .arguments = mail_arguments,
                 .user = std::move(user),
                 .queue_id = mail_queue_id});
        for (const std::string& recipient : recipients) {
            const auto given = rcpt_arguments.find(recipient);
            rcpt_replies.push_back(in.recipient(
                {.path = recipient,
                 .arguments = given == rcpt_arguments.end() ? Arguments() : given->second,
                 .mailer = "smtp"}));
        }
        for (const auto& [name, value] : headers) {
            in.header(name, value);
        }
        return in.end_of_headers("4Xk2");
    }

    /// The answers were written long ago.
    void settle_answers() {
        clock.advance(flow::OpenAnswers::kWritten);
        release.answers().work();
    }

    /// Sends a message up to its end; the answer is that of the end of the headers when it is
    /// final.
    SessionReply send(std::string sender,
                      const std::vector<std::string>& recipients,
                      const std::vector<std::pair<std::string, std::string>>& headers,
                      std::string user = "") {
        SessionReply reply =
            begin(std::move(sender), recipients, headers, std::move(user), session);
        if (!std::holds_alternative<Continue>(reply) && !std::holds_alternative<SkipBody>(reply)) {
            return reply;
        }
        if (std::holds_alternative<Continue>(reply)) {
            reply = session.body(body);
            if (std::holds_alternative<Accept>(reply) || std::holds_alternative<Answer>(reply)) {
                return reply;
            }
        }
        return session.end_of_message(actions, "4Xk2");
    }

    std::vector<ports::HeldItem> items() {
        std::vector<ports::HeldItem> all;
        REQUIRE(held.list({},
                          [&](const ports::HeldItem& item) {
                              all.push_back(item);
                              return true;
                          })
                    .has_value());
        return all;
    }

    void suppress(std::string address) {
        terms::SuppressionEntry entry;
        entry.subject = std::move(address);
        entry.reason = terms::SuppressionReason::Bounce;
        entry.code = terms::FailureCode(2001);
        REQUIRE(suppressions.put(entry).has_value());
    }

    support::ManualClock clock;
    support::RecordingLog log;
    support::MemorySuppressionStore suppressions;
    support::MemoryUnknownStore unknown;
    support::MemoryJournal journal;
    support::MemoryOutageStore outages;
    support::MemoryCampaignStore campaign_store;
    support::MemoryHeldStore held;
    support::MemoryNoticeStore notices{held};
    support::MemorySpool spool;
    support::FakeSubmitter submitter;
    support::ZoneResolver resolver;
    FixedReader reader;
    int tokens = 0;
    std::string mail_queue_id;
    using Arguments = std::vector<std::string>;
    Arguments mail_arguments;
    std::map<std::string, Arguments> rcpt_arguments;
    std::string body = "Hello\r\n";
    flow::SnapshotSource snapshots;
    flow::OwnName own_name{"mx.a.test"};
    support::OneRoute mta;
    flow::OwnSenders own_senders{{.own_name = own_name, .mta = mta, .clock = clock}};
    flow::OwnMail own_mail;
    flow::CampaignWatch campaigns;
    flow::outgoing::OutboundFlow outbound;
    flow::incoming::Departures departures;
    flow::incoming::Seals seals;
    flow::incoming::Learner learner;
    flow::incoming::InboundFlow inbound;
    flow::held::ReleaseFlow release;
    flow::notices::NoticeReplies replies;
    flow::notices::SenderOverride sender_override{{.notices = notices, .log = log, .clock = clock}};
    flow::outgoing::JudgedBefore judged_before{{.seals = seals, .clock = clock}};
    MilterWarnings warnings{clock};
    WaitingRoom waiting;
    Session session;
    RecordingActions actions;
    std::vector<SessionReply> rcpt_replies;
};

config::Settings enforcing() {
    config::Settings settings;
    settings.mode = config::Mode::Enforce;
    return settings;
}

const std::vector<std::pair<std::string, std::string>> newsletter{
    {"Subject", " News"},
    {"List-Id", " <news.a.test>"},
    {"Message-ID", " <1@a.test>"},
    {"List-Unsubscribe", " <https://a.test/leave>"},
    {"List-Unsubscribe-Post", " List-Unsubscribe=One-Click"}};
const std::vector<std::pair<std::string, std::string>> letter{{"Subject", " Hello"}};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A message with a field before all others.
Fields with_field(std::string name, std::string value, const Fields& message) {
    Fields all{{std::move(name), std::move(value)}};
    all.insert(all.end(), message.begin(), message.end());
    return all;
}

template <typename Reply>
bool is(const SessionReply& reply) {
    return std::holds_alternative<Reply>(reply);
}

}  // namespace

TEST_CASE("a bulk message is split: the copy is durable, then the MTA's spelling is deleted") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send(
        "<news@a.test>", {"<anna@good.test>", "<Carl@NULL.test>", "<x@absent.test>"}, newsletter)));
    CHECK(house.actions.deleted == std::vector<std::string>{"<Carl@NULL.test>", "<x@absent.test>"});
    const auto items = house.items();
    REQUIRE(items.size() == 2);
    CHECK(items[0].recipient.address == "Carl@NULL.test");
    CHECK(items[0].recipient.finding == terms::FindingName::NullMx);
    CHECK(items[1].recipient.finding == terms::FindingName::NoSuchDomain);
    CHECK(items[0].message.sender == "news@a.test");
    CHECK(items[0].message.campaign == "<news.a.test>");
    CHECK(items[0].message.queue_id == "4Xk2");
    CHECK(house.spool.octets(items[0].message.spool_id) ==
          "Subject: News\r\nList-Id: <news.a.test>\r\nMessage-ID: <1@a.test>\r\n"
          "List-Unsubscribe: <https://a.test/leave>\r\n"
          "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n");
    CHECK(house.log.has("rcpt=\"anna@good.test\" verdict=pass reason=none"));
    CHECK(house.log.has("rcpt=\"Carl@null.test\" verdict=hold reason=null-mx"));
    CHECK(house.log.has("signal=\"header:List-Unsubscribe\""));
}

TEST_CASE("nobody left: the message is discarded after the copy is safe") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Discard>(house.send("<news@a.test>", {"<carl@null.test>"}, newsletter)));
    CHECK(house.actions.deleted.empty());
    CHECK(house.items().size() == 1);
}

TEST_CASE("a retried submission makes no second item") {
    House house(enforcing());
    house.connect("127.0.0.1");
    for (int i = 0; i < 2; ++i) {
        CHECK(is<Accept>(
            house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    }
    CHECK(house.items().size() == 1);
    CHECK(house.spool.ids()->size() == 1);
    CHECK(house.actions.deleted.size() == 2);
}

TEST_CASE("when nothing can be kept, nobody is deleted and the settings answer") {
    struct Row {
        config::ErrorAnswer setting;
        bool tempfail;
    };
    for (const Row row :
         {Row{config::ErrorAnswer::Tempfail, true}, Row{config::ErrorAnswer::Accept, false}}) {
        config::Settings settings = enforcing();
        settings.on_error.spool = row.setting;
        for (const std::size_t calls : {0U, 1U, 3U, 4U}) {  // begin, append …, commit
            House house(settings);
            house.connect("127.0.0.1");
            house.spool.write_trouble().begin("disk full", calls);
            const auto reply =
                house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter);
            CAPTURE(calls);
            CHECK(is<Answer>(reply) == row.tempfail);
            CHECK(is<Accept>(reply) == !row.tempfail);
            if (row.tempfail) {
                CHECK(std::get<Answer>(reply).reply.code() == 451);
            }
            CHECK(house.actions.deleted.empty());
            CHECK(house.items().empty());
            CHECK(house.log.has("spool: nothing can be held"));
            CHECK(house.log.has("rcpt=\"carl@null.test\" verdict=pass reason=unchecked") ==
                  !row.tempfail);
            CHECK(house.outbound.report.count_of_unchecked() == (row.tempfail ? 0 : 1));
        }
        House house(settings);
        house.connect("127.0.0.1");
        house.held.trouble().begin("database is locked");
        // The row is the store's matter: by default, mail flows.
        CHECK(is<Accept>(
            house.send("<news@a.test>", {"<a@good.test>", "<c@null.test>"}, newsletter)));
        CHECK(house.log.has("store: nothing can be held"));
        CHECK(house.actions.deleted.empty());
        CHECK(house.spool.ids()->empty());
    }
}

TEST_CASE("a deletion that the MTA does not take defers the message") {
    House house(enforcing());
    house.connect("127.0.0.1");
    house.actions.obedient = false;
    const auto reply =
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter);
    REQUIRE(is<Answer>(reply));
    CHECK(std::get<Answer>(reply).reply.code() == 451);
}

TEST_CASE("bulk mail is tagged with all that it lacks, and held where the policy says so") {
    const std::vector<std::pair<std::string, std::string>> poor{
        {"List-Id", " <news.a.test>"},
        {"From", " news@b.test"},
        {"Content-Type", " text/html"},
        {"Reply-To", " Team <team@null.test>"}};
    config::Settings settings = enforcing();
    settings.compliance.own_domains = {"a.test"};
    settings.compliance.expect_signature = true;

    SUBCASE("tagged in the log alone") {
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Accept>(house.send("<news@a.test>", {"<anna@good.test>"}, poor)));
        CHECK(house.actions.added.empty());
        CHECK(house.log.has("rcpt=\"anna@good.test\" verdict=tag reason=missing-unsubscribe"));
    }
    SUBCASE("tagged in the header, where that is asked for") {
        settings.policy.tag_header = true;
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Accept>(house.send("<news@a.test>", {"<anna@good.test>"}, poor)));
        REQUIRE(house.actions.added.size() == 1);
        CHECK(house.actions.added.front() ==
              std::pair<std::string, std::string>(
                  "X-Holdback-Tag",
                  "missing-unsubscribe, foreign-from, missing-signature, missing-plain-text, "
                  "unusable-reply-to"));
        CHECK(house.log.has("rcpt=\"anna@good.test\" verdict=tag reason=missing-unsubscribe"));
    }
    SUBCASE("held, each recipient for the gravest") {
        settings.policy.bulk.set(terms::FindingName::ForeignFrom, config::PolicyAction::Hold);
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Discard>(
            house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, poor)));
        const auto items = house.items();
        REQUIRE(items.size() == 2);
        CHECK(items[0].recipient.finding == terms::FindingName::ForeignFrom);
        CHECK(items[0].recipient.reason == "the From domain b.test is not one of the own domains");
        CHECK(items[1].recipient.finding == terms::FindingName::NullMx);
    }
    SUBCASE("refused") {
        settings.policy.bulk.set(terms::FindingName::MissingUnsubscribe,
                                 config::PolicyAction::Reject);
        House house(settings);
        house.connect("127.0.0.1");
        const auto reply =
            house.send("<news@a.test>", {"<anna@good.test>", "<bo@good.test>"}, poor);
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.line() ==
              "550 5.7.1 the message offers no one-click unsubscribe (RFC 8058); add "
              "List-Unsubscribe with an https URI, and List-Unsubscribe-Post");
    }
    SUBCASE("letters are left alone, however many there are") {
        settings.policy.tag_header = true;
        settings.bulk.rate.count = 2;
        House house(settings);
        house.connect("127.0.0.1");
        for (int i = 0; i < 4; ++i) {
            CHECK(is<Accept>(
                house.send("<ann@a.test>", {"<anna@good.test>"}, {poor.begin() + 1, poor.end()})));
        }
        CHECK(house.actions.added.empty());
        CHECK(house.log.has("rcpt=\"anna@good.test\" verdict=pass reason=none bulk=yes"));
    }
    SUBCASE("direct mail is left alone") {
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Accept>(
            house.send("<ann@a.test>", {"<anna@good.test>"}, {poor.begin() + 1, poor.end()})));
        CHECK(house.actions.added.empty());
        CHECK(house.log.has("rcpt=\"anna@good.test\" verdict=pass reason=none"));
    }
    SUBCASE("a Reply-To that DNS tells nothing about is not unusable") {
        settings.policy.tag_header = true;
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Accept>(house.send("<news@a.test>",
                                    {"<anna@good.test>"},
                                    {{"List-Id", " <news.a.test>"},
                                     {"From", " news@a.test"},
                                     {"DKIM-Signature", " v=1"},
                                     {"Reply-To", " team@silent.test"}})));
        REQUIRE(house.actions.added.size() == 1);
        CHECK(house.actions.added.front().second == "missing-unsubscribe");
    }
}

TEST_CASE("a preflight of an authenticated sender is answered by mail, and nothing leaves") {
    std::vector<std::pair<std::string, std::string>> asking = newsletter;
    asking.emplace_back("X-Holdback-Preflight", " Yes");
    const std::vector<std::string> recipients{"<anna@good.test>", "<carl@null.test>"};
    for (const config::Mode mode : {config::Mode::Enforce, config::Mode::Shadow}) {
        config::Settings settings;
        settings.mode = mode;
        settings.bulk.users = {"ann"};
        settings.notice.address = "notices@a.test";
        House house(settings);
        house.connect("192.0.2.1");
        CHECK(is<Discard>(house.send("<ann@a.test>", recipients, asking, "ann")));
        const auto items = house.items();
        REQUIRE(items.size() == 1);
        CHECK(items[0].message.kind == terms::HeldKind::Own);
        CHECK(items[0].recipient.address == "ann@a.test");
        const std::string report = house.spool.octets(items[0].message.spool_id).value();
        CHECK(report.contains("\nFrom: Holdback <notices@a.test>\r\n"));
        CHECK(report.contains("2 recipients: 1 pass, 0 tag, 1 hold, 0 defer, 0 reject\r\n"));
        CHECK(report.contains("predicted bounce rate: 50.0 % (1 of 2)\r\n"));
        CHECK(report.contains("hold    carl@null.test\r\n"));
        CHECK(
            house.log.has("preflight qid=\"4Xk2\" sender=\"ann@a.test\" user=\"ann\" rcpts=2 "
                          "pass=1 tag=0 hold=1"));
    }
}

TEST_CASE("a preflight that can't be answered is deferred, whatever the settings let pass") {
    std::vector<std::pair<std::string, std::string>> asking = letter;
    asking.emplace_back("X-Holdback-Preflight", " yes");
    config::Settings settings = enforcing();
    settings.on_error.spool = config::ErrorAnswer::Accept;
    SUBCASE("no room in the spool") {
        House house(settings);
        house.connect("192.0.2.1");
        house.spool.write_trouble().begin("disk full");
        const auto reply = house.send("<ann@a.test>", {"<anna@good.test>"}, asking, "ann");
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.code() == 451);
        CHECK(house.log.has("no answer to a preflight, which is deferred"));
    }
    SUBCASE("no seat to wait in") {
        settings.milter.max_waiting = 0;
        House house(settings);
        house.connect("192.0.2.1");
        const auto reply = house.send("<ann@a.test>", {"<anna@good.test>"}, asking, "ann");
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.code() == 451);
    }
    SUBCASE("an error of ours") {
        House house(settings);
        house.connect("192.0.2.1");
        house.session.mail(
            {.path = "<ann@a.test>", .arguments = {}, .user = "ann", .queue_id = ""});
        static_cast<void>(house.session.recipient(
            {.path = "<anna@good.test>", .arguments = {}, .mailer = "smtp"}));
        house.session.header("X-Holdback-Preflight", " yes");
        CHECK(is<SkipBody>(house.session.end_of_headers("4Xk2")));
        CHECK(is<Answer>(house.session.after_internal_error()));
    }
}

TEST_CASE("an error of ours before the headers are known lets no preflight leave") {
    struct Row {
        std::string_view value;
        std::string_view user;
        bool ends_in_header;  // the error is of the header, not of the recipient
    };
    const std::vector<Row> rows{
        {" yes", "ann", false}, {" yes", "ann", true}, {" yes", "", false}, {" 1", "ann", false}};
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CAPTURE(row.user);
        CAPTURE(row.ends_in_header);
        House house(enforcing());
        house.connect("127.0.0.1");
        house.session.mail({.path = "<ann@a.test>",
                            .arguments = {},
                            .user = std::string(row.user),
                            .queue_id = ""});
        static_cast<void>(house.session.recipient(
            {.path = "<anna@good.test>", .arguments = {}, .mailer = "smtp"}));
        if (!row.ends_in_header) {
            CHECK(is<Continue>(house.session.after_internal_error()));
        }
        house.session.header("X-Holdback-Preflight", row.value);
        if (row.ends_in_header) {
            CHECK(is<Continue>(house.session.after_internal_error()));
        }
        const auto reply = house.session.end_of_headers("4Xk2");
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.code() == 451);
        CHECK(house.log.has("no answer to a preflight, which is deferred"));
    }
}

TEST_CASE("an error of ours does not stop mail that asks for no preflight, nor what comes in") {
    for (const bool is_outgoing : {true, false}) {
        CAPTURE(is_outgoing);
        House house(enforcing());
        house.connect(is_outgoing ? "127.0.0.1" : "192.0.2.1");
        house.session.mail({.path = "<bo@else.test>", .arguments = {}, .user = "", .queue_id = ""});
        static_cast<void>(
            house.session.recipient({.path = "<ann@a.test>", .arguments = {}, .mailer = "smtp"}));
        CHECK(is<Continue>(house.session.after_internal_error()));
        house.session.header("X-Holdback-Preflight", is_outgoing ? " no" : " yes");
        CHECK(is<SkipBody>(house.session.end_of_headers("4Xk2")));
        CHECK(is<Accept>(house.session.end_of_message(house.actions, "4Xk2")));
        CHECK(house.actions.removed.size() == 1);
    }
}

TEST_CASE("a preflight that is asked for in vain is refused, and never leaves") {
    std::string value = " yes";
    std::string user;
    std::string why = "is for clients that have logged in";
    config::Settings settings = enforcing();
    SUBCASE("without a login") {}
    SUBCASE("in shadow mode") {
        settings.mode = config::Mode::Shadow;
    }
    SUBCASE("in other words") {
        value = " 1";
        user = "ann";
        why = "neither yes nor no";
    }
    House house(settings);
    house.connect("127.0.0.1");
    const auto reply = house.send("<ann@a.test>",
                                  {"<anna@good.test>"},
                                  with_field("X-Holdback-Preflight", value, letter),
                                  user);
    REQUIRE(is<Answer>(reply));
    CHECK(std::get<Answer>(reply).reply.code() == 550);
    CHECK(std::get<Answer>(reply).reply.text().contains(why));
    CHECK(house.items().empty());
}

TEST_CASE("who asks for no preflight, and who may not ask, gets none") {
    House no(enforcing());
    no.connect("192.0.2.1");
    CHECK(is<Accept>(no.send("<ann@a.test>",
                             {"<anna@good.test>"},
                             with_field("X-Holdback-Preflight", " no", letter),
                             "ann")));
    CHECK(no.actions.removed.size() == 1);
    CHECK(no.items().empty());

    House stranger(enforcing());
    stranger.connect("192.0.2.1");
    CHECK(is<Accept>(stranger.send(
        "<bo@else.test>", {"<ann@a.test>"}, with_field("X-Holdback-Preflight", " yes", letter))));
    CHECK(stranger.actions.removed.size() == 1);
    CHECK(stranger.items().empty());
}

TEST_CASE("behind a proxy, a login is known by the trace field that this MTA wrote") {
    const std::string hop =
        " from x (x [198.51.100.7]) (Authenticated sender: ann) by mx.a.test (Postfix) with "
        "ESMTPSA";
    const Fields asking = with_field("X-Holdback-Preflight", " yes", letter);
    House house(enforcing());
    house.connect("127.0.0.1");
    SUBCASE("which asks for a preflight") {
        CHECK(is<Discard>(
            house.send("<ann@a.test>", {"<anna@good.test>"}, with_field("Received", hop, asking))));
        CHECK(house.items().size() == 1);
        CHECK(house.log.has("preflight qid=\"4Xk2\" sender=\"ann@a.test\" user=\"ann\""));
    }
    SUBCASE("and who was held is remembered with his user") {
        CHECK(is<Accept>(house.send("<ann@else.test>",
                                    {"<anna@good.test>", "<carl@null.test>"},
                                    with_field("Received", hop, newsletter))));
        REQUIRE(house.items().size() == 1);
        CHECK(house.items()[0].message.user == "ann");
        CHECK(house.items()[0].recipient.tell);
    }
    SUBCASE("but not where another host has written it") {
        const std::string foreign = " from x (x [198.51.100.7]) by mx.else.test with ESMTPSA id 7";
        CHECK(is<Answer>(house.send(
            "<ann@a.test>", {"<anna@good.test>"}, with_field("Received", foreign, asking))));
    }
    SUBCASE("nor from a client on another host") {
        house.connect("10.0.0.2", "ORIGINATING");
        CHECK(is<Answer>(
            house.send("<ann@a.test>", {"<anna@good.test>"}, with_field("Received", hop, asking))));
    }
}

TEST_CASE("shadow mode decides and logs, and changes nothing") {
    House house(config::Settings{});
    house.connect("127.0.0.1");
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    CHECK(house.actions.deleted.empty());
    CHECK(house.items().empty());
    CHECK(house.log.has("rcpt=\"carl@null.test\" verdict=hold reason=null-mx"));
    CHECK(house.log.has("mode=shadow"));
}

TEST_CASE("a DSN says that the others get it only where they do") {
    House house(enforcing());
    house.connect("127.0.0.1");
    const std::vector<std::string> recipients{
        "<anna@good.test>", "<carl@null.test>", "<cora@null.test>"};
    bool get_it = true;
    SUBCASE("all who are rejected stand in it") {}
    SUBCASE("one who is rejected wants no report") {
        house.rcpt_arguments["<cora@null.test>"] = {"NOTIFY=NEVER"};
        get_it = false;
    }
    CHECK(is<Accept>(house.send("<ann@a.test>", recipients, letter)));
    CHECK(house.actions.deleted ==
          std::vector<std::string>{"<carl@null.test>", "<cora@null.test>"});
    std::string dsn;
    const auto ids = house.spool.ids();
    REQUIRE(ids.has_value());
    for (const std::string& id : *ids) {
        const std::string octets = house.spool.octets(id).value_or("");
        if (octets.contains("message/delivery-status")) {
            dsn = octets;
        }
    }
    REQUIRE_FALSE(dsn.empty());
    CHECK(dsn.contains("carl@null.test"));
    CHECK(dsn.contains("cora@null.test") == get_it);
    CHECK(dsn.contains("Everybody else") == get_it);
}

TEST_CASE("people are refused at RCPT, programs at the end") {
    House house(enforcing());
    house.connect("192.0.2.1");

    SUBCASE("an authenticated session hears it at once, and the others go") {
        CHECK(is<Accept>(
            house.send("<ann@a.test>", {"<anna@good.test>", "<carl@null.test>"}, letter, "ann")));
        REQUIRE(house.rcpt_replies.size() == 2);
        CHECK(is<Continue>(house.rcpt_replies[0]));
        REQUIRE(is<Answer>(house.rcpt_replies[1]));
        CHECK(std::get<Answer>(house.rcpt_replies[1]).reply.line().starts_with("556 5.1.10 "));
        CHECK(house.actions.deleted.empty());
        CHECK(house.log.has("rcpt=\"carl@null.test\" verdict=reject reason=null-mx"));
    }
    SUBCASE("a trusted network hears it at the end of the headers") {
        house.connect("127.0.0.1");
        const auto reply = house.send("<ann@a.test>", {"<carl@null.test>"}, letter);
        CHECK(is<Continue>(house.rcpt_replies[0]));
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.code() == 556);
    }
    SUBCASE("once the envelope says bulk, nothing is refused at RCPT") {
        config::Settings settings = enforcing();
        settings.bulk.users = {"ann"};
        House listed(settings);
        listed.connect("192.0.2.1");
        CHECK(is<Accept>(
            listed.send("<ann@a.test>", {"<anna@good.test>", "<carl@null.test>"}, letter, "ann")));
        CHECK(is<Continue>(listed.rcpt_replies[1]));
        CHECK(listed.items().size() == 1);
    }
    SUBCASE("a sender whose domain is not enrolled is refused with the first recipient") {
        config::Settings settings = enforcing();
        settings.outgoing.sender_domains = {"b.test"};
        House closed(settings);
        closed.connect("192.0.2.1");
        static_cast<void>(closed.send("<ann@a.test>", {"<anna@good.test>"}, letter, "ann"));
        REQUIRE(is<Answer>(closed.rcpt_replies[0]));
        CHECK(std::get<Answer>(closed.rcpt_replies[0]).reply.line().starts_with("550 5.1.0 "));
        CHECK(closed.log.has("rcpt=\"anna@good.test\" verdict=reject reason=sender-not-enrolled"));
    }
    SUBCASE("a user hears with the first recipient that the sender is not his") {
        House closed(enforcing(), senders_of("ann", "bob@a.test"));
        closed.connect("192.0.2.1");
        static_cast<void>(closed.send("<ann@a.test>", {"<anna@good.test>"}, letter, "ann"));
        REQUIRE(is<Answer>(closed.rcpt_replies[0]));
        CHECK(std::get<Answer>(closed.rcpt_replies[0])
                  .reply.line()
                  .starts_with("550 5.1.0 user ann may not send as ann@a.test;"));
        CHECK(closed.log.has("rcpt=\"anna@good.test\" verdict=reject reason=sender-not-permitted"));
        CHECK(is<Accept>(closed.send("<bob@a.test>", {"<anna@good.test>"}, letter, "ann")));
        CHECK(is<Accept>(closed.send("<>", {"<anna@good.test>"}, letter, "ann")));
        CHECK(is<Accept>(closed.send("<ann@a.test>", {"<anna@good.test>"}, letter, "carl")));
    }
    SUBCASE("or at the end of the headers, and a program without a login is not asked") {
        config::Settings settings = enforcing();
        settings.policy.refuse_at_rcpt = config::RefuseAtRcpt::Never;
        House closed(settings, senders_of("ann", "bob@a.test"));
        closed.connect("127.0.0.1");
        const auto reply = closed.send("<ann@a.test>", {"<anna@good.test>"}, letter, "ann");
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.line().starts_with("550 5.1.0 "));
        CHECK(is<Accept>(closed.send("<ann@a.test>", {"<anna@good.test>"}, letter)));
    }
    SUBCASE("in shadow mode that is only logged") {
        House shadow({}, senders_of("ann", "bob@a.test"));
        shadow.connect("192.0.2.1");
        CHECK(is<Accept>(shadow.send("<ann@a.test>", {"<anna@good.test>"}, letter, "ann")));
        CHECK(shadow.log.has("verdict=reject reason=sender-not-permitted"));
    }
    SUBCASE("a program whose sender's domain is not enrolled hears it after the headers") {
        config::Settings settings = enforcing();
        settings.outgoing.sender_domains = {"b.test"};
        House closed(settings);
        closed.connect("127.0.0.1");
        const auto reply = closed.send("<ann@a.test>", {"<anna@good.test>"}, letter);
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.line().starts_with("550 5.1.0 "));
    }
    SUBCASE("mail by sendmail(1) is never refused at RCPT") {
        config::Settings settings = enforcing();
        settings.policy.refuse_at_rcpt = config::RefuseAtRcpt::Always;
        House local(settings);
        local.mail_queue_id = "4Xk2";
        local.session.connect({.client = "127.0.0.1",
                               .address = mail::IpAddress::parse("127.0.0.1"),
                               .daemon_name = "mx.a.test",
                               .daemon_port = "0"});
        const auto reply = local.send("ann@a.test", {"carl@null.test"}, letter);
        CHECK(is<Continue>(local.rcpt_replies[0]));
        CHECK(is<Answer>(reply));
    }
}

TEST_CASE("after a few refusals in a session, what would be refused is taken and returned") {
    config::Settings settings = enforcing();
    const auto bad = [](int number) { return fmt::format("<carl{}@null.test>", number); };
    const auto returned = [](House& house) {
        const auto items = house.items();
        return std::ranges::count_if(items, [](const ports::HeldItem& item) {
            return item.recipient.state == terms::HeldState::Returned;
        });
    };
    SUBCASE("one recipient after the other, at RCPT") {
        House house(settings);
        house.connect("192.0.2.1");
        for (int number = 0; number < 8; ++number) {
            CAPTURE(number);
            const auto reply = house.send("<ann@a.test>", {bad(number)}, letter, "ann");
            CHECK(is<Answer>(house.rcpt_replies.back()) == (number < 5));
            CHECK(is<Discard>(reply) == (number >= 5));
        }
        CHECK(returned(house) == 3);
        house.settle_answers();
        house.release.work(config::HoldSettings{});
        const auto seen = house.submitter.seen();
        REQUIRE(seen.size() == 3);
        CHECK(seen[0].octets.find("Final-Recipient: rfc822;carl5@null.test") != std::string::npos);
        CHECK(seen[0].octets.find("and so to nobody") != std::string::npos);
    }
    SUBCASE("in one message") {
        House house(settings);
        house.connect("192.0.2.1");
        std::vector<std::string> recipients;
        for (int number = 0; number < 8; ++number) {
            recipients.push_back(bad(number));
        }
        recipients.emplace_back("<anna@good.test>");
        CHECK(is<Accept>(house.send("<ann@a.test>", recipients, letter, "ann")));
        CHECK(std::ranges::count_if(house.rcpt_replies, is<Answer>) == 5);
        CHECK(house.actions.deleted == std::vector{bad(5), bad(6), bad(7)});
    }
    SUBCASE("whole messages of a program") {
        House house(settings);
        house.connect("127.0.0.1");
        for (int number = 0; number < 8; ++number) {
            CAPTURE(number);
            const auto reply = house.send("<ann@a.test>", {bad(number), bad(number + 10)}, letter);
            CHECK(is<Answer>(reply) == (number < 5));
        }
        CHECK(returned(house) == 6);
    }
    SUBCASE("nothing at all is refused, where that is wanted") {
        settings.policy.refuse_at_most = 0;
        House house(settings);
        house.connect("192.0.2.1");
        CHECK(is<Discard>(house.send("<ann@a.test>", {bad(0)}, letter, "ann")));
        CHECK(is<Continue>(house.rcpt_replies[0]));
        CHECK(returned(house) == 1);
    }
    SUBCASE("but not where the sender may not be told") {
        settings.policy.refuse_at_most = 0;
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Answer>(house.send("<shop@else.test>", {bad(0)}, letter)));
        CHECK(is<Answer>(house.send("<>", {bad(0)}, letter, "ann")));
        CHECK(house.items().empty());
    }
    SUBCASE("nor where it wants no report") {
        settings.policy.refuse_at_most = 0;
        House house(settings);
        house.connect("192.0.2.1");
        house.rcpt_arguments[bad(0)] = {"NOTIFY=NEVER"};
        CHECK(is<Answer>(house.send("<ann@a.test>", {bad(0)}, letter, "ann")));
        CHECK(house.items().empty());
    }
    SUBCASE("another connection begins anew") {
        House house(settings);
        house.connect("192.0.2.1");
        for (int number = 0; number < 6; ++number) {
            static_cast<void>(house.send("<ann@a.test>", {bad(number)}, letter, "ann"));
        }
        CHECK(is<Continue>(house.rcpt_replies.back()));
        Session other(house.parts(), "t", HeaderValues::Exact);
        other.connect({.client = "192.0.2.1",
                       .address = mail::IpAddress::parse("192.0.2.1"),
                       .daemon_name = "mx.a.test",
                       .daemon_port = "25"});
        static_cast<void>(house.begin("<ann@a.test>", {bad(7)}, letter, "ann", other));
        CHECK(is<Answer>(house.rcpt_replies.back()));
    }
}

TEST_CASE("mail by sendmail(1) needs no declaration of SMTPUTF8, mail by SMTP does") {
    const std::vector<std::string> recipients{"j\xC3\xB6rg@good.test"};
    House local(enforcing());
    local.mail_queue_id = "4Xk2";
    local.session.connect({.client = "127.0.0.1",
                           .address = mail::IpAddress::parse("127.0.0.1"),
                           .daemon_name = "mx.a.test",
                           .daemon_port = "0"});
    CHECK(is<Accept>(local.send("ann@a.test", recipients, letter)));
    CHECK(local.actions.deleted.empty());
    House remote(enforcing());
    remote.connect("127.0.0.1");
    CHECK(is<Answer>(remote.send("<ann@a.test>", {"<j\xC3\xB6rg@good.test>"}, letter)));
}

TEST_CASE("some of several rejected: removed, returned in a DSN, the others go") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<anna@good.test>", "<carl@null.test>"}, letter)));
    CHECK(house.actions.deleted == std::vector<std::string>{"<carl@null.test>"});
    const auto items = house.items();
    REQUIRE(items.size() == 2);
    CHECK(items[0].recipient.state == terms::HeldState::Returned);
    CHECK(items[1].message.kind == terms::HeldKind::Own);
    CHECK(items[1].message.sender.empty());
    CHECK(items[1].recipient.address == "ann@a.test");
    CHECK(items[1].recipient.in_doubt);
    house.release.work(config::HoldSettings{});
    CHECK(house.submitter.seen().empty());
    // The next message: the MTA has our answer.
    house.session.mail({.path = "<ann@a.test>", .arguments = {}, .user = {}, .queue_id = {}});
    house.release.work(config::HoldSettings{});
    const auto seen = house.submitter.seen();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].sender.empty());
    CHECK(seen[0].octets.find("Final-Recipient: rfc822;carl@null.test") != std::string::npos);
    CHECK(seen[0].octets.starts_with("X-Holdback-Release: token-1\r\n"));
}

TEST_CASE("an answer for which the MTA may not have waited leaves what was held in doubt") {
    House house(enforcing());
    house.connect("127.0.0.1");
    house.actions.on_delete = [&] {
        house.clock.advance(flow::OpenAnswers::kAwaited + std::chrono::milliseconds(1));
    };
    static_cast<void>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter));
    CHECK(house.log.has("1 held items are in doubt, see held list --in-doubt"));
    house.session.mail({.path = "<news@a.test>", .arguments = {}, .user = {}, .queue_id = {}});
    house.settle_answers();
    const auto items = house.items();
    REQUIRE(items.size() == 1);
    CHECK(items[0].recipient.in_doubt);
    CHECK(items[0].recipient.last_answer.starts_with("our answer about this message took so long"));
}

TEST_CASE("a released message is recognised by its token, once, for exactly its recipients") {
    House house(enforcing());
    house.connect("127.0.0.1");
    static_cast<void>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter));
    house.settle_answers();
    const std::int64_t id = house.items().front().recipient.id;
    std::vector<std::pair<std::string, std::string>> marked = newsletter;
    marked.insert(marked.begin(), {"X-Holdback-Release", " token-1"});
    std::optional<SessionReply> reply;
    house.submitter.on_submit([&](const support::SeenSubmission&) {
        House& mta = house;
        mta.actions.removed.clear();
        mta.actions.deleted.clear();
        SUBCASE("the held recipient passes") {
            reply = mta.send("<news@a.test>", {"<carl@null.test>"}, marked);
            CHECK(is<Accept>(*reply));
            CHECK(mta.actions.deleted.empty());
            CHECK(mta.actions.removed ==
                  std::vector<std::pair<std::string, int>>{{"X-Holdback-Release", 1}});
        }
        SUBCASE("another recipient does not get through with it") {
            reply = mta.send("<news@a.test>", {"<other@null.test>"}, marked);
            CHECK(is<Discard>(*reply));
        }
        SUBCASE("another sender does not get through with it") {
            reply = mta.send("<evil@a.test>", {"<carl@null.test>"}, marked);
            CHECK(is<Discard>(*reply));
        }
    });
    const std::array ids{id};
    const auto outcomes = house.release.release(ids, config::HoldSettings{}, "command");
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].what == flow::held::ItemOutcome::What::Released);
    CHECK(reply.has_value());
    CHECK(house.release.release(ids, config::HoldSettings{}, "command")[0].what ==
          flow::held::ItemOutcome::What::NotHeld);
    CHECK(house.submitter.seen().size() == 1);
}

TEST_CASE("mail of our own keeps our fields on its way out") {
    House house(enforcing());
    house.connect("127.0.0.1");
    std::size_t came = 0;
    house.submitter.on_submit([&](const support::SeenSubmission&) {
        ++came;
        CHECK(is<Accept>(
            house.send("<>",
                       {"<news@a.test>"},
                       {{"X-Holdback-Release", " token-1"}, {"X-Holdback-Code", " 5999"}})));
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Release", 1}});
    });
    const auto own = house.own_mail.prepare({.to = {"news@a.test"},
                                             .octets = "X-Holdback-Code: 5999\r\n\r\nHello\r\n",
                                             .what = "a notice",
                                             .fingerprint = {}});
    REQUIRE(own.has_value());
    REQUIRE(ports::hold(house.held, own->message, own->recipients).has_value());
    house.release.work(config::HoldSettings{});
    CHECK(came == 1);
}

TEST_CASE("a release that cannot be recognised is deferred: it is not taken for a second copy") {
    House house(enforcing());
    house.connect("127.0.0.1");
    static_cast<void>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter));
    house.settle_answers();
    const std::array ids{house.items().front().recipient.id};
    std::string token = " token-1";
    std::string trouble;
    SUBCASE("the store is in trouble") {
        trouble = "locked";
    }
    SUBCASE("the token was changed on its way") {
        token = " token-x";
    }
    std::vector<std::pair<std::string, std::string>> marked = newsletter;
    marked.insert(marked.begin(), {"X-Holdback-Release", token});
    std::optional<SessionReply> reply;
    house.submitter.on_submit([&](const support::SeenSubmission&) {
        if (!trouble.empty()) {
            house.held.trouble().begin(trouble);
        }
        reply = house.send("<news@a.test>", {"<carl@null.test>"}, marked);
        house.held.trouble().end();
    });
    static_cast<void>(house.release.release(ids, config::HoldSettings{}, "command"));
    REQUIRE(reply.has_value());
    REQUIRE(is<Answer>(*reply));
    CHECK(std::get<Answer>(*reply).reply.code() == 451);
    CHECK(house.log.has("a release could not be recognised"));
}

TEST_CASE("our own MTA's bounce is tagged and teaches; the next bulk send holds") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<Eva@good.test>"}, newsletter)));
    house.mail_queue_id = "4Xk3";
    house.session.connect({.client = "127.0.0.1",
                           .address = mail::IpAddress::parse("127.0.0.1"),
                           .daemon_name = "mx.a.test",
                           .daemon_port = "0"});
    CHECK(is<Accept>(
        house.send("",
                   {"news@a.test"},
                   {{"Content-Type", " multipart/report"}, {"X-Holdback-Code", " 5999"}})));
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
    REQUIRE(house.actions.added.size() == 2);
    CHECK(house.actions.added[0] == std::pair<std::string, std::string>{"X-Holdback-Code", "2001"});
    CHECK(house.actions.added[1].second.find("proof=local") != std::string::npos);
    CHECK(house.log.has("proof=local"));
    CHECK(house.log.has("learned=suppressed"));

    house.mail_queue_id.clear();
    house.connect("127.0.0.1");
    CHECK(is<Discard>(house.send("<news@a.test>", {"<eva@good.test>"}, newsletter)));
    CHECK(house.items().front().recipient.finding == terms::FindingName::SuppressedBounce);
}

TEST_CASE("a DSN by sendmail(1) about a message that never left teaches nothing") {
    House house(enforcing());
    house.mail_queue_id = "4Xk3";
    house.session.connect({.client = "127.0.0.1",
                           .address = mail::IpAddress::parse("127.0.0.1"),
                           .daemon_name = "mx.a.test",
                           .daemon_port = "0"});
    CHECK(is<Accept>(house.send("", {"news@a.test"}, {{"Content-Type", " multipart/report"}})));
    REQUIRE(house.actions.added.size() == 2);
    CHECK(house.actions.added[1].second.contains("proof=unproven"));
    CHECK(house.log.has("learned=no"));
    CHECK(house.log.has("proof_reason=not-our-message learn_reason=unproven"));
    CHECK_FALSE(house.suppressions.find({.subject = "eva@good.test", .scope = {}})->has_value());
}

namespace {

dsn::SealKeys one_key() {
    return {{.id = {1, 2, 3, 4}, .secret = {5}, .made = core::TimePoint{}}};
}

/// The seal that a message got, opened.
core::Result<dsn::OpenSeal, dsn::SealFlaw> opened(House& house, std::string_view text) {
    return dsn::open_seal(text,
                          std::array<std::string, 1>{"news@a.test"},
                          one_key(),
                          house.clock.now(),
                          std::chrono::days(1));
}

}  // namespace

TEST_CASE("what leaves is sealed, as envelope id and as a field") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<News@a.test>",
                                {"<Eva@good.test>"},
                                {{"Subject", " hi"}, {"X-Holdback-Seal", " hb1.old"}})));
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-Seal", 1}});
    REQUIRE(house.actions.inserted.size() == 1);
    CHECK(house.actions.inserted[0].first == "X-Holdback-Seal");
    REQUIRE(house.actions.envelope_ids.size() == 1);
    CHECK(house.actions.envelope_ids[0].first == "<News@a.test>");
    for (const std::string& text :
         {house.actions.inserted[0].second, house.actions.envelope_ids[0].second}) {
        const auto seal = opened(house, text);
        REQUIRE(seal.has_value());
        CHECK(seal->covers("eva@good.test"));
        CHECK_FALSE(seal->is_shared());
    }
}

TEST_CASE("the seal of a split message covers those that it goes to") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(
        is<Accept>(house.send("<news@a.test>", {"<eva@good.test>", "<bo@null.test>"}, newsletter)));
    REQUIRE(house.actions.inserted.size() == 1);
    const auto seal = opened(house, house.actions.inserted[0].second);
    REQUIRE(seal.has_value());
    CHECK(seal->covers("eva@good.test"));
    CHECK_FALSE(seal->covers("bo@null.test"));
    CHECK_FALSE(seal->is_shared());
}

TEST_CASE("a client's own envelope id stays, and stands in the log") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    house.mail_arguments = {"RET=HDRS", "envid=QQ314159"};
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, {{"Subject", " hi"}})));
    CHECK(house.actions.envelope_ids.empty());
    CHECK(house.actions.inserted.size() == 1);
    CHECK(house.log.has("envid=\"QQ314159\""));
}

TEST_CASE("nothing is sealed in shadow mode, without a sender, or when sealing is off") {
    config::Settings settings = enforcing();
    std::string sender = "<news@a.test>";
    SUBCASE("shadow") {
        settings.mode = config::Mode::Shadow;
    }
    SUBCASE("off") {
        settings.seal.enabled = false;
    }
    SUBCASE("null sender") {
        sender = "<>";
    }
    House house(settings);
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send(sender, {"<eva@good.test>"}, {{"Subject", " hi"}})));
    CHECK(house.actions.inserted.empty());
    CHECK(house.actions.added.empty());
    CHECK(house.actions.envelope_ids.empty());
}

/// The message that left last, as a filter hands it in anew: with the seal that it was given, if
/// any, and the trace field of the first pass.
std::vector<std::pair<std::string, std::string>> second_pass(
    const House& house, const std::vector<std::pair<std::string, std::string>>& headers) {
    std::vector<std::pair<std::string, std::string>> again{
        {"Received", " from app (app [127.0.0.1]) by mx.a.test (Postfix) with ESMTP id 4Xk2"}};
    if (!house.actions.inserted.empty()) {
        again.emplace_back("X-Holdback-Seal", " " + house.actions.inserted.back().second);
    }
    again.insert(again.end(), headers.begin(), headers.end());
    return again;
}

TEST_CASE("a message that comes again minutes later has been judged") {
    config::Settings settings = enforcing();
    SUBCASE("by its seal") {}
    SUBCASE("by its queue id, sealing off") {
        settings.seal.enabled = false;
    }
    SUBCASE("by its queue id, in shadow mode") {
        settings.mode = config::Mode::Shadow;
    }
    House house(settings);
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, newsletter)));
    const auto again = second_pass(house, newsletter);
    house.actions.forget();
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, again)));
    CHECK(house.log.has("verdict=pass reason=judged-before"));
    CHECK_FALSE(house.log.has("reason=already-sent"));
    CHECK(house.items().empty());
    CHECK(house.actions.removed.empty());
    CHECK(house.actions.inserted.empty());
    CHECK(house.actions.envelope_ids.empty());
}

TEST_CASE("having been judged ends with time, and is nobody else's") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    std::string sender = "<news@a.test>";
    std::string recipient = "<eva@good.test>";
    std::string client = "127.0.0.1";
    CHECK(is<Accept>(house.send(sender, {recipient}, letter)));
    auto again = second_pass(house, letter);
    SUBCASE("old") {
        house.clock.advance(std::chrono::minutes(31));
    }
    SUBCASE("another message") {
        again.emplace_back("Message-ID", " <2@a.test>");
        again.emplace_back("Date", " Mon, 6 Jul 2026 10:00:00 +0000");
        again.emplace_back("From", " mallory@a.test");
    }
    SUBCASE("another recipient") {
        recipient = "<bo@good.test>";
    }
    SUBCASE("from outside") {
        client = "192.0.2.1";
    }
    SUBCASE("too often") {
        for (int pass = 0; pass < flow::outgoing::JudgedBefore::kMostPasses; ++pass) {
            CHECK(is<Accept>(house.send(sender, {recipient}, again)));
        }
        house.log.clear();
    }
    house.connect(client);
    CHECK(is<Accept>(house.send(sender, {recipient}, again)));
    CHECK_FALSE(house.log.has("reason=judged-before"));
}

TEST_CASE("a message comes again with the sender that the MTA's maps have made of it") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<app@host.a.test>", {"<eva@good.test>"}, newsletter)));
    const auto again = second_pass(house, newsletter);
    house.actions.forget();
    CHECK(is<Accept>(house.send("<app@a.test>", {"<eva@good.test>"}, again)));
    CHECK(
        house.log.has("sender=\"app@a.test\" rcpt=\"eva@good.test\" verdict=pass "
                      "reason=judged-before"));
    CHECK(house.items().empty());
}

TEST_CASE("a filter that hands a campaign in too often delays nobody") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, newsletter)));
    auto again = second_pass(house, newsletter);
    again.emplace_back("X-Filter", " seen");
    for (int pass = 0; pass < 2 * flow::outgoing::JudgedBefore::kMostPasses; ++pass) {
        CAPTURE(pass);
        CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, again)));
    }
    CHECK_FALSE(house.log.has("reason=already-sent"));
    CHECK(house.items().empty());
}

TEST_CASE("what a filter keeps for hours is on its way, and nobody got it before") {
    config::Settings settings = enforcing();
    SUBCASE("known by its seal") {}
    SUBCASE("known by its queue id") {
        settings.seal.enabled = false;
    }
    House house(settings);
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    house.body = "How to prune roses, and which herbs grow best in the shade of a wall.\r\n";
    const std::vector<std::string> recipients{"<eva@good.test>", "<ida@good.test>"};
    CHECK(is<Accept>(house.send("<news@a.test>", recipients, newsletter)));
    // The log tells that the filter has it.
    for (const std::string_view recipient : {"eva@good.test", "ida@good.test"}) {
        CHECK(house.campaigns.sent().on_outcome(
            {.outcome = {.at = house.clock.now(),
                         .queue_id = "4Xk2",
                         .original_recipient = std::string(recipient),
                         .result = mail::DeliveryResult::Sent},
             .key = std::string(recipient)},
            house.clock.now()));
    }
    const auto again = second_pass(house, newsletter);
    house.actions.forget();
    house.log.clear();
    house.clock.advance(std::chrono::hours(3));
    SUBCASE("everybody gets it") {
        CHECK(is<Accept>(house.send("<news@a.test>", recipients, again)));
        CHECK(house.items().empty());
        CHECK(house.actions.deleted.empty());
    }
    SUBCASE("but who has been suppressed since") {
        house.suppress("ida@good.test");
        CHECK(is<Accept>(house.send("<news@a.test>", recipients, again)));
        CHECK(house.actions.deleted == std::vector<std::string>{"<ida@good.test>"});
    }
    SUBCASE("and a copy without what tells the way is a second one") {
        CHECK(is<Discard>(house.send("<news@a.test>", recipients, newsletter)));
        CHECK(house.log.has("reason=already-sent"));
        return;
    }
    CHECK_FALSE(house.log.has("reason=already-sent"));
}

TEST_CASE("what is on its way counts in no window") {
    config::Settings settings = enforcing();
    settings.bulk.rate.count = 3;
    House house(settings);
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    std::vector<Fields> waiting;
    for (const std::string_view recipient : {"<anna@good.test>", "<bo@good.test>"}) {
        house.actions.forget();
        CHECK(is<Accept>(house.send("<ann@a.test>", {std::string(recipient)}, letter)));
        waiting.push_back(second_pass(house, letter));
    }
    house.clock.advance(std::chrono::hours(3));
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<anna@good.test>"}, waiting[0])));
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<bo@good.test>"}, waiting[1])));
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<cora@good.test>"}, letter)));
    CHECK_FALSE(house.log.has("signal=\"rate:"));
}

TEST_CASE("who copies a seal into another message gets nobody past his suppression") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    const std::string sender = "<list-bounces@a.test>";
    CHECK(is<Accept>(house.send(sender, {"<eva@good.test>"}, newsletter)));
    Fields post = second_pass(house, newsletter);
    for (auto& [name, value] : post) {
        if (name == "Message-ID") {
            value = " <2@b.test>";
        }
    }
    house.suppress("eva@good.test");
    house.actions.forget();
    static_cast<void>(house.send(sender, {"<eva@good.test>"}, post));
    CHECK_FALSE(house.log.has("reason=judged-before"));
    CHECK(house.items().size() == 1);
}

TEST_CASE("who is not covered by the seal is judged, and the others get their mail") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>"}, newsletter)));
    const auto again = second_pass(house, newsletter);
    house.actions.forget();
    CHECK(is<Accept>(house.send("<news@a.test>", {"<eva@good.test>", "<carl@null.test>"}, again)));
    CHECK(house.actions.deleted == std::vector<std::string>{"<carl@null.test>"});
    CHECK(house.log.has("rcpt=\"eva@good.test\" verdict=pass reason=judged-before"));
    CHECK(house.log.has("rcpt=\"carl@null.test\" verdict=hold reason=null-mx"));
}

TEST_CASE("a message counts once in its sender's window, however often it passes") {
    config::Settings settings = enforcing();
    settings.bulk.rate.count = 3;
    House house(settings);
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    for (const std::string_view recipient : {"<anna@good.test>", "<bo@good.test>"}) {
        house.actions.forget();
        CHECK(is<Accept>(house.send("<ann@a.test>", {std::string(recipient)}, letter)));
        CHECK(is<Accept>(
            house.send("<ann@a.test>", {std::string(recipient)}, second_pass(house, letter))));
    }
    SUBCASE("and not at all when it is not sent") {
        house.session.mail({.path = "<ann@a.test>", .arguments = {}, .user = {}, .queue_id = {}});
        CHECK(is<Continue>(house.session.recipient(
            {.path = "<cora@good.test>", .arguments = {}, .mailer = "smtp"})));
        house.session.abort();
    }
    CHECK_FALSE(house.log.has("signal=\"rate:"));
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<cora@good.test>"}, letter)));
    CHECK(house.log.has("signal=\"rate:3"));
}

TEST_CASE("mail that came in from outside and is handed in again is not outgoing") {
    const std::vector<std::pair<std::string, std::string>> from_outside{
        {"Received", " from x (x [198.51.100.7]) by mx.a.test (Postfix) with ESMTP id A"},
        {"List-Id", " <offers.shop.test>"},
        {"X-Holdback-Code", " 2001"}};
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    SUBCASE("a newsletter") {
        CHECK(is<Accept>(
            house.send("<offers@shop.test>", {"<bo@a.test>", "<carl@null.test>"}, from_outside)));
        CHECK(house.items().empty());
        CHECK(house.actions.inserted.empty());
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
        CHECK(house.log.has("it is taken for inbound"));
    }
    SUBCASE("a DSN, tagged and not proven by the way it came") {
        auto headers = from_outside;
        headers.emplace_back("Content-Type", " multipart/report");
        CHECK(is<Accept>(house.send("<>", {"<news@a.test>"}, headers)));
        REQUIRE(house.actions.added.size() == 2);
        CHECK(house.actions.added[1].second.find("proof=unproven") != std::string::npos);
    }
    SUBCASE("a DSN by sendmail(1) that has come a way is no bounce of the MTA's own") {
        house.mail_queue_id = "4Xk2";
        auto headers = from_outside;
        headers.emplace_back("Content-Type", " multipart/report");
        CHECK(is<Accept>(house.send("", {"<news@a.test>"}, headers)));
        REQUIRE(house.actions.added.size() == 2);
        CHECK(house.actions.added[1].second.find("proof=unproven") != std::string::npos);
    }
}

TEST_CASE("a sender of ours that somebody outside has written is not outgoing") {
    const Fields forged{{"Subject", " pay this"}, {"Message-ID", " <9@x.test>"}};
    const std::vector<std::string> recipients{"<bo@a.test>", "<carl@null.test>"};
    House house(enforcing());
    house.seals.use(one_key());
    SUBCASE("behind a proxy") {
        house.connect("127.0.0.1");
        CHECK(is<Accept>(
            house.send("<boss@a.test>",
                       recipients,
                       with_field("Received",
                                  " from x (x [198.51.100.7]) by mx.a.test (Postfix) with ESMTP",
                                  forged))));
        CHECK(house.log.has("it is taken for inbound"));
    }
    SUBCASE("behind a filter, where the first pass was seen") {
        house.connect("198.51.100.7");
        CHECK(is<Accept>(house.send("<boss@a.test>", recipients, forged)));
        house.connect("127.0.0.1");
        CHECK(is<Accept>(house.send(
            "<boss@a.test>",
            recipients,
            with_field("Received",
                       " from x (x [198.51.100.7]) by mx.a.test (Postfix) with ESMTP id 4Xk2",
                       forged))));
        CHECK(house.log.has("it is taken for inbound"));
    }
    CHECK(house.items().empty());
    CHECK(house.actions.inserted.empty());
    CHECK_FALSE(house.log.has("flow=outbound"));
}

TEST_CASE("where nothing tells a forged sender of ours from a list manager's, the log warns") {
    const std::string hop = " from x (x [198.51.100.7]) by mx.a.test (Postfix) with ESMTP id 7";
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send(
        "<list-bounces@a.test>", {"<eva@good.test>"}, with_field("Received", hop, newsletter))));
    CHECK_FALSE(house.log.has("handed in again"));
    CHECK(is<Accept>(
        house.send("<boss@a.test>", {"<eva@good.test>"}, with_field("Received", hop, letter))));
    CHECK(house.log.has("mail of \"boss@a.test\" came to this host from 198.51.100.7"));
    CHECK(house.log.has("it is taken for outgoing, because the domain is yours"));
}

TEST_CASE(
    "a complaint whose feedback loop only the header shows is not believed, and that is told") {
    config::Settings settings = enforcing();
    settings.learn.feedback_networks = {mail::Network::parse("203.0.113.0/24").value()};
    House house(settings);
    house.connect("127.0.0.1");
    house.reader.complain();
    CHECK(is<Accept>(
        house.send("<fbl@mail.test>",
                   {"<abuse@a.test>"},
                   {{"Received", " from f (f [203.0.113.9]) by mx.a.test (Postfix) with ESMTP"},
                    {"Content-Type", " multipart/report; report-type=feedback-report"}})));
    CHECK(house.log.has("a complaint from 203.0.113.9 is not believed"));
    CHECK(house.log.has("learned=no"));
}

TEST_CASE("a stranger's reserved fields leave with no mail, whatever fails here") {
    config::Settings settings = enforcing();
    const std::vector<std::string> recipients{"<eva@good.test>", "<carl@null.test>"};
    const Fields forged = with_field("X-Holdback-Code", " 2001", newsletter);
    settings.on_error.spool = config::ErrorAnswer::Accept;
    settings.on_error.store = config::ErrorAnswer::Accept;
    SUBCASE("no seat to wait in") {
        settings.milter.max_waiting = 0;
        House house(settings);
        house.connect("127.0.0.1");
        CHECK(is<Accept>(house.send("<ann@a.test>", recipients, forged)));
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
    }
    SUBCASE("nothing can be spooled") {
        House house(settings);
        house.connect("127.0.0.1");
        house.spool.write_trouble().begin("disk full");
        CHECK(is<Accept>(house.send("<ann@a.test>", recipients, forged)));
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
        CHECK(house.actions.deleted.empty());
    }
    SUBCASE("an error of ours at the end of the headers") {
        House house(settings);
        house.connect("127.0.0.1");
        static_cast<void>(house.begin("<ann@a.test>", recipients, forged, "", house.session));
        CHECK(is<Continue>(house.session.after_internal_error()));
        CHECK(is<Accept>(house.session.end_of_message(house.actions, "4Xk2")));
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
        CHECK(house.actions.deleted.empty());
    }
    SUBCASE("an error of ours at a recipient") {
        House house(settings);
        house.connect("127.0.0.1");
        house.session.mail({.path = "<ann@a.test>", .arguments = {}, .user = {}, .queue_id = {}});
        CHECK(is<Continue>(house.session.after_internal_error()));
        house.session.header("X-Holdback-Code", " 2001");
        CHECK(is<SkipBody>(house.session.end_of_headers("4Xk2")));
        CHECK(is<Accept>(house.session.end_of_message(house.actions, "4Xk2")));
        CHECK(house.actions.removed.size() == 1);
    }
}

TEST_CASE("a stranger's reserved fields leave with no mail") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send(
        "<ann@a.test>", {"<eva@good.test>"}, {{"X-Holdback-Code", " 2001"}, {"Subject", " hi"}})));
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
}

TEST_CASE("the seal of another system stays, and a worn one of ours goes") {
    House house(enforcing());
    house.seals.use(one_key());
    house.connect("127.0.0.1");
    const dsn::SealKey other{.id = {9}, .secret = {9}, .made = house.clock.now()};
    const dsn::Seal foreign = dsn::make_seal(
        {.sender = "ann@a.test", .recipients = {"eva@good.test"}}, other, house.clock.now(), "n");
    CHECK(is<Accept>(house.send("<ann@a.test>",
                                {"<eva@good.test>"},
                                {{"X-Holdback-Seal", " " + foreign.field},
                                 {"X-Holdback-Seal", " hb1.old"},
                                 {"Subject", " hi"}})));
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-Seal", 2}});
    CHECK(house.actions.inserted.size() == 1);
}

TEST_CASE("nobody writes to a sender who is not known to be ours: who is rejected is held") {
    House house(enforcing());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(
        house.send("<shop@else.test>", {"<eva@good.test>", "<carl@null.test>"}, letter)));
    const auto items = house.items();
    REQUIRE(items.size() == 1);
    CHECK(items[0].message.kind == terms::HeldKind::Mail);
    CHECK(items[0].recipient.state == terms::HeldState::Held);
    CHECK_FALSE(items[0].recipient.tell);
    CHECK(items[0].recipient.expires_at.has_value());
    CHECK(house.log.has("its sender is not told"));
}

TEST_CASE("a DSN from outside is tagged unproven and teaches nothing") {
    House house(enforcing());
    house.connect("192.0.2.1");
    CHECK(is<Accept>(house.send("<>", {"<news@a.test>"}, {{"Content-Type", " multipart/report"}})));
    REQUIRE(house.actions.added.size() == 2);
    CHECK(house.actions.added[1].second.find("proof=unproven") != std::string::npos);
    CHECK_FALSE(house.suppressions.find({.subject = "eva@good.test", .scope = {}})->has_value());
}

TEST_CASE("a text that no rule knew is counted, and failing to count harms nothing") {
    House house(enforcing());
    house.reader.say("550 5.9.9 the spoon of <eva@good.test> is bent");
    house.connect("192.0.2.1");
    const auto bounce = [&] {
        house.actions.added.clear();
        CHECK(is<Accept>(
            house.send("<>", {"<news@a.test>"}, {{"Content-Type", " multipart/report"}})));
        CHECK(house.actions.added.size() == 2);
    };
    bounce();
    bounce();
    const auto entries = house.unknown.list().value();
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().text.pattern == "550 5.9.9 the spoon of <{address}> is bent");
    CHECK(entries.front().messages == 2);
    house.log.clear();
    house.unknown.trouble().begin("disk full");
    bounce();
    CHECK(house.log.has("a text that no rule knew was not counted"));
}

TEST_CASE("inbound mail that reports nothing is let go at once, without forged fields") {
    House house(enforcing());
    house.connect("192.0.2.1");
    CHECK(is<Accept>(house.send("<bob@good.test>", {"<ann@a.test>"}, letter)));
    CHECK(house.actions.removed.empty());
    CHECK(is<Accept>(house.send("<bob@good.test>",
                                {"<ann@a.test>"},
                                {{"X-Holdback-DSN", " code=2001"}, {"x-holdback-dsn", " b"}})));
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-DSN", 2}, {"X-Holdback-DSN", 1}});
}

TEST_CASE("the MTA's notices to the postmaster are left alone") {
    House house(enforcing());
    house.mail_queue_id = "4Xk3";
    house.session.connect({.client = "127.0.0.1",
                           .address = mail::IpAddress::parse("127.0.0.1"),
                           .daemon_name = "mx.a.test",
                           .daemon_port = "0"});
    CHECK(is<Accept>(house.send("double-bounce@a.test", {"postmaster@a.test"}, newsletter)));
    CHECK(house.items().empty());
    CHECK(house.actions.added.empty());
    CHECK(house.log.has("rcpt=\"postmaster@a.test\" verdict=pass reason=mta-notice"));
    // sendmail(1) takes the same sender from everybody.
    REQUIRE(house.items().empty());
    static_cast<void>(house.send("double-bounce@a.test", {"eva@null.test"}, newsletter));
    CHECK(house.items().size() == 1);
    static_cast<void>(
        house.send("double-bounce@a.test", {"postmaster@a.test", "bo@null.test"}, newsletter));
    CHECK(house.items().size() == 2);
    static_cast<void>(house.send("double-bounce@a.test", {"postmaster@null.test"}, newsletter));
    CHECK(house.items().size() == 3);
    // The MTA of this host speaks for no other domain.
    static_cast<void>(house.send("double-bounce@null.test", {"postmaster@null.test"}, newsletter));
    CHECK(house.items().size() == 4);
}

TEST_CASE("trouble of ours is answered as the settings say") {
    SUBCASE("the store: by default, mail flows, and the log says so") {
        House house(enforcing());
        house.connect("127.0.0.1");
        house.suppressions.trouble().begin("database is locked");
        CHECK(is<Accept>(house.send("<ann@a.test>", {"<anna@good.test>"}, letter)));
        CHECK(house.log.has("the suppression list can't be asked"));
    }
    SUBCASE("the store: or the message is deferred") {
        config::Settings settings = enforcing();
        settings.on_error.store = config::ErrorAnswer::Tempfail;
        House house(settings);
        house.connect("127.0.0.1");
        house.suppressions.trouble().begin("database is locked");
        const auto reply = house.send("<ann@a.test>", {"<anna@good.test>"}, letter);
        REQUIRE(is<Answer>(reply));
        CHECK(std::get<Answer>(reply).reply.code() == 451);
    }
    SUBCASE("DNS: an unresolved domain passes, or defers where it is wanted") {
        config::Settings settings = enforcing();
        House flows(settings);
        flows.connect("127.0.0.1");
        CHECK(is<Accept>(flows.send("<ann@a.test>", {"<x@silent.test>"}, newsletter)));
        settings.on_error.dns = config::ErrorAnswer::Tempfail;
        House defers(settings);
        defers.connect("127.0.0.1");
        CHECK(is<Answer>(defers.send("<ann@a.test>", {"<x@silent.test>"}, newsletter)));
    }
    SUBCASE("a full waiting room lets mail pass unchecked") {
        config::Settings settings = enforcing();
        settings.milter.max_waiting = 1;
        House house(settings);
        const WaitingRoom::Seat taken = house.waiting.take(1);
        house.connect("127.0.0.1");
        auto forged = newsletter;
        forged.emplace_back("X-Holdback-Code", " 2001");
        CHECK(is<Accept>(house.send("<ann@a.test>", {"<carl@null.test>"}, forged)));
        CHECK(house.log.has("max_waiting"));
        CHECK(house.log.has("rcpt=\"carl@null.test\" verdict=pass reason=unchecked"));
        CHECK(house.outbound.report.count_of_unchecked() == 1);
        CHECK(house.actions.removed ==
              std::vector<std::pair<std::string, int>>{{"X-Holdback-Code", 1}});
    }
    SUBCASE("a full waiting room changes nothing in shadow mode") {
        config::Settings settings;
        settings.milter.max_waiting = 0;
        House house(settings);
        house.connect("127.0.0.1");
        auto forged = newsletter;
        forged.emplace_back("X-Holdback-Code", " 2001");
        CHECK(is<Accept>(house.send("<ann@a.test>", {"<carl@null.test>"}, forged)));
        CHECK(house.log.has("reason=unchecked"));
        CHECK(house.actions.removed.empty());
    }
    SUBCASE("an internal error") {
        config::Settings settings = enforcing();
        House house(settings);
        CHECK(is<Accept>(house.session.after_internal_error()));
        settings.on_error.internal = config::ErrorAnswer::Tempfail;
        House strict(settings);
        CHECK(is<Answer>(strict.session.after_internal_error()));
    }
}

TEST_CASE("a message that the text makes bulk is split though its body came in pieces") {
    config::Settings settings = enforcing();
    settings.bulk.repeats = 2;
    House house(settings);
    house.connect("127.0.0.1");
    house.body = "Our summer sale begins on Monday, come and see all the garden furniture.\r\n";
    CHECK(is<Accept>(house.send("<ann@a.test>", {"<anna@good.test>"}, letter)));
    CHECK(house.spool.ids()->empty());

    std::string whole = house.body;
    const auto pieces = [&](std::size_t count) {
        house.session.mail({.path = "<ann@a.test>", .arguments = {}, .user = "", .queue_id = ""});
        for (const char* recipient : {"<bo@good.test>", "<carl@null.test>"}) {
            static_cast<void>(
                house.session.recipient({.path = recipient, .arguments = {}, .mailer = "smtp"}));
        }
        house.session.header("Subject", " Hello");
        CHECK(is<Continue>(house.session.end_of_headers("4Xk3")));
        CHECK(is<Continue>(house.session.body(house.body)));
        for (std::size_t i = 0; i < count; ++i) {
            const std::string piece(30'000, static_cast<char>('0' + i));
            whole += piece;
            CHECK(is<Continue>(house.session.body(piece)));
        }
        CHECK(is<Accept>(house.session.end_of_message(house.actions, "4Xk3")));
    };
    SUBCASE("short enough to be kept in memory") {
        pieces(1);
    }
    SUBCASE("longer than what is looked at") {
        pieces(7);
    }
    CHECK(house.actions.deleted == std::vector<std::string>{"<carl@null.test>"});
    const auto items = house.items();
    REQUIRE(items.size() == 1);
    CHECK(items[0].message.campaign.starts_with("fp:"));
    CHECK(house.spool.octets(items[0].message.spool_id) == "Subject: Hello\r\n\r\n" + whole);
    CHECK(house.log.has("signal=\"repeats:2/text\""));
}

TEST_CASE("a retried submission is held once it is known that it left, as is what was released") {
    House house(enforcing());
    house.connect("127.0.0.1");
    house.body = "How to prune roses, and which herbs grow best in the shade of a wall.\r\n";
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    // Somebody else may have refused it after us.
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    auto items = house.items();
    REQUIRE(items.size() == 1);
    house.campaigns.sent().left(items[0].message.issue, "Anna@good.test");
    for (int retry = 0; retry < 3; ++retry) {
        CHECK(is<Discard>(
            house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    }
    items = house.items();
    REQUIRE(items.size() == 2);
    CHECK(items[0].recipient.finding == terms::FindingName::NullMx);
    CHECK(items[1].recipient.finding == terms::FindingName::AlreadySent);
    CHECK(items[1].recipient.address == "anna@good.test");
    CHECK(house.spool.ids()->size() == 2);

    house.settle_answers();
    const std::array ids{items[0].recipient.id};
    CHECK(house.release.release(ids, config::HoldSettings{}, "command")[0].what ==
          flow::held::ItemOutcome::What::Released);
    house.resolver.set("null.test", ZoneState::Good);
    CHECK(is<Discard>(house.send("<news@a.test>", {"<carl@null.test>"}, newsletter)));
    items = house.items();
    REQUIRE(items.size() == 3);
    CHECK(items[2].recipient.finding == terms::FindingName::AlreadySent);
}

TEST_CASE("a message that the MTA defers has not left") {
    House house(enforcing());
    house.connect("127.0.0.1");
    house.body = "How to prune roses, and which herbs grow best in the shade of a wall.\r\n";
    house.actions.obedient = false;
    CHECK(is<Answer>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
    house.actions.obedient = true;
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<anna@good.test>", "<carl@null.test>"}, newsletter)));
}

TEST_CASE("look-ups begin at RCPT") {
    House house(enforcing());
    house.connect("127.0.0.1");
    house.session.mail({.path = "<ann@a.test>", .arguments = {}, .user = "", .queue_id = ""});
    static_cast<void>(
        house.session.recipient({.path = "<anna@good.test>", .arguments = {}, .mailer = "smtp"}));
    CHECK(house.resolver.started() == std::vector<std::string>{"good.test"});
    house.session.abort();
    CHECK(is<Accept>(house.session.end_of_message(house.actions, "")));
}

namespace {

/// As `enforcing`, with an address for notices and a small budget.
config::Settings with_notices() {
    config::Settings settings = enforcing();
    settings.notice.address = "holdback@a.test";
    settings.notice.budget = {.count = 2, .window = std::chrono::days(1)};
    settings.bulk.users = {"news"};
    return settings;
}

/// A notice to news@a.test about nothing any more, as made by `key`; gives the subject of answers.
std::string answer_subject(House& house) {
    const dsn::SealKey key{.id = {1}, .secret = {7}, .made = house.clock.now()};
    house.seals.use({key});
    ports::Notice notice;
    notice.id = "0123456789ab";
    notice.group = {.sender = "news@a.test", .user = "news", .campaign = ""};
    notice.items = {1, 2};
    REQUIRE(house.notices.put(notice, {}).value());
    return " Re: [" + letters::notice_token(notice.id, "news@a.test", key.secret) + "]";
}

}  // namespace

TEST_CASE("the notice address is no recipient that could be bad") {
    House house(with_notices());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<Holdback+x@a.test>"}, newsletter, "news")));
    CHECK(house.log.lines().empty());
    CHECK(house.actions.deleted.empty());
}

TEST_CASE("an answer to a notice is taken out of the mail, and others get it") {
    House house(with_notices());
    house.connect("127.0.0.1");
    const std::string subject = answer_subject(house);
    house.reader.write("release 1\n");
    SUBCASE("for us alone") {
        CHECK(is<Discard>(
            house.send("<news@a.test>", {"<holdback@a.test>"}, {{"Subject", subject}}, "news")));
        CHECK(house.actions.deleted.empty());
    }
    SUBCASE("for others as well") {
        CHECK(is<Accept>(house.send("<news@a.test>",
                                    {"<anna@good.test>", "<Holdback@a.test>"},
                                    {{"Subject", subject}},
                                    "news")));
        CHECK(house.actions.deleted == std::vector<std::string>{"<Holdback@a.test>"});
    }
    SUBCASE("for others who are all held") {
        const std::vector<std::pair<std::string, std::string>> fields{
            {"Subject", subject}, {"List-Unsubscribe", " <mailto:x@a.test>"}};
        CHECK(is<Discard>(
            house.send("<news@a.test>", {"<x@null.test>", "<holdback@a.test>"}, fields, "news")));
        CHECK(house.items().size() == 1);
    }
    SUBCASE("from outside") {
        house.connect("192.0.2.7");
        CHECK(is<Discard>(house.send("<x@b.test>", {"<holdback@a.test>"}, {{"Subject", subject}})));
        CHECK(house.log.has("verdict=refused reason=other-user"));
    }
    CHECK(house.log.has("flow=notice"));
}

TEST_CASE("a letter to the notice address goes on to it whatever becomes of the others") {
    House house(with_notices());
    house.connect("127.0.0.1");
    CHECK(is<Accept>(house.send(
        "<news@a.test>", {"<x@null.test>", "<holdback@a.test>", "<y@null.test>"}, newsletter)));
    CHECK(house.actions.deleted == std::vector<std::string>{"<x@null.test>", "<y@null.test>"});
    CHECK(house.items().size() == 2);
}

TEST_CASE("a sender's override lets those pass who would be held, within his budget") {
    House house(with_notices());
    house.connect("127.0.0.1");
    auto fields = newsletter;
    fields.emplace_back("X-Holdback-Override", " Release");
    const std::vector<std::pair<std::string, int>> removed{{"X-Holdback-Override", 1}};
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<a@null.test>", "<b@good.test>"}, fields, "news")));
    CHECK(house.items().empty());
    CHECK(house.actions.deleted.empty());
    CHECK(house.actions.removed == removed);
    CHECK(house.log.has("rcpt=\"a@null.test\" verdict=pass reason=null-mx"));
    CHECK(house.log.has("override=yes"));
    // Three do not fit any more: all are held, and the field goes.
    house.actions.removed.clear();
    CHECK(is<Accept>(house.send(
        "<news@a.test>", {"<c@null.test>", "<d@null.test>", "<b@good.test>"}, fields, "news")));
    CHECK(house.items().size() == 2);
    CHECK(house.actions.removed == removed);
    CHECK(house.log.has("verdict=ignored reason=over-budget items=2"));
}

TEST_CASE("an override of a message that does not leave costs its sender nothing") {
    config::Settings settings = with_notices();
    settings.bulk.repeat_window = std::chrono::seconds(0);
    House house(settings);
    house.connect("127.0.0.1");
    auto fields = newsletter;
    fields.emplace_back("X-Campaign-ID", " spring");  // so that the body is not needed
    fields.emplace_back("X-Holdback-Override", " all");
    std::vector<std::string> recipients{"<a@null.test>", "<c@null.test>", "<b@good.test>"};
    const auto begin = [&](Session& in) {
        CHECK(is<SkipBody>(house.begin("<news@a.test>", recipients, fields, "news", in)));
    };
    SUBCASE("the client gives up") {
        begin(house.session);
        house.session.abort();
    }
    SUBCASE("the client begins another message") {
        begin(house.session);
        house.session.mail({.path = "<x@a.test>", .arguments = {}, .user = "", .queue_id = ""});
    }
    SUBCASE("the connection ends") {
        Session other(house.parts(), "s2", HeaderValues::Exact);
        other.connect({.client = "127.0.0.1",
                       .address = mail::IpAddress::parse("127.0.0.1"),
                       .daemon_name = "mx.a.test",
                       .daemon_port = "25"});
        begin(other);
    }
    SUBCASE("the client is told to try again") {
        recipients.emplace_back("<no mailbox@null.test>");
        house.actions.obedient = false;
        CHECK(is<Answer>(house.send("<news@a.test>", recipients, fields, "news")));
        house.actions.obedient = true;
        recipients.pop_back();
    }
    CHECK(house.log.has("verdict=overridden"));
    CHECK(house.log.has("verdict=withdrawn reason=not-sent items=2"));
    CHECK(is<Accept>(house.send("<news@a.test>", recipients, fields, "news")));
    CHECK_FALSE(house.log.has("reason=over-budget"));
    CHECK(is<Accept>(house.send("<news@a.test>", recipients, fields, "news")));
    CHECK(house.log.has("reason=over-budget"));
}

TEST_CASE("an override of nobody known is removed and ignored") {
    House house(with_notices());
    house.connect("127.0.0.1");
    auto fields = newsletter;
    fields.emplace_back("X-Holdback-Override", " all");
    CHECK(is<Accept>(house.send("<news@a.test>", {"<a@null.test>", "<b@good.test>"}, fields)));
    CHECK(house.items().size() == 1);
    CHECK(house.actions.removed ==
          std::vector<std::pair<std::string, int>>{{"X-Holdback-Override", 1}});
    CHECK(house.log.has("verdict=ignored reason=override-not-allowed"));
}

TEST_CASE("an override does not reach those whom the administrator blocked") {
    config::Settings settings = with_notices();
    settings.outgoing.block = {"a@good.test"};
    settings.policy.bulk.set(terms::FindingName::BlockedByAdmin, config::PolicyAction::Hold);
    House house(settings);
    house.connect("127.0.0.1");
    auto fields = newsletter;
    fields.emplace_back("X-Holdback-Override", " all");
    CHECK(is<Accept>(
        house.send("<news@a.test>", {"<a@good.test>", "<b@null.test>"}, fields, "news")));
    REQUIRE(house.items().size() == 1);
    CHECK(house.items()[0].recipient.address == "a@good.test");
}

}  // namespace holdback::milter::session
