// SPDX-License-Identifier: Apache-2.0
// Campaigns through the whole of `OutboundFlow`: bulk by repeats, stopped, already sent.
#include "config/policy.hpp"
#include "config/settings.hpp"
#include "dsn/message_view.hpp"
#include "flow/campaign_watch.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_name.hpp"
#include "flow/own_senders.hpp"
#include "flow/snapshot.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/outcome.hpp"
#include "mail/syntax.hpp"
#include "outbound/address_lists.hpp"
#include "outbound/bulk.hpp"
#include "outbound/verdict.hpp"
#include "ports/journal.hpp"
#include "ports/message_reader.hpp"
#include "terms/finding.hpp"
#include "terms/policy_action.hpp"
#include "terms/suppression.hpp"
#include "tests/support/memory_campaigns.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/one_route.hpp"
#include "tests/support/small_snapshot.hpp"
#include "tests/support/zone_resolver.hpp"

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

using namespace std::chrono_literals;
using config::PolicyAction;
using support::ZoneState;

/// Everything behind the header is one plain text.
class PlainReader final : public ports::MessageReader {
public:
    [[nodiscard]] dsn::MessageView read(std::string_view octets) const override {
        dsn::MessageView view;
        const std::size_t end = octets.find("\r\n\r\n");
        const std::string header(octets.substr(0, end + 2));
        if (header.starts_with("Subject: ")) {
            view.subject = header.substr(9, header.find("\r\n") - 9);
        }
        dsn::MessagePart part;
        part.media_type = "text/plain";
        part.text = octets.substr(end + 4);
        view.parts = {part};
        return view;
    }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Flow {
    explicit Flow(support::MemoryCampaignStore& campaign_store)
        : store(campaign_store),
          own_mail(spool, held, clock, own_name, snapshots),
          campaigns({.store = store, .log = log, .clock = clock}),
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
                    .campaigns = campaigns}) {
        settings.mode = config::Mode::Enforce;
        // The letters here are as short as they can be.
        settings.policy.bulk.set(terms::FindingName::MissingUnsubscribe, PolicyAction::Pass);
        resolver.set("good.test", ZoneState::Good);
        resolver.set("null.test", ZoneState::NullMx);
        campaigns.recover();
    }

    static mail::Envelope envelope(std::string_view sender,
                                   const std::vector<std::string>& recipients) {
        mail::Envelope envelope;
        envelope.sender = mail::Address::parse(sender, mail::Smtputf8::No)->value;
        for (const std::string& recipient : recipients) {
            envelope.recipients.push_back(
                {.verbatim = fmt::format("<{}>", recipient),
                 .syntax = mail::Address::parse(recipient, mail::Smtputf8::No),
                 .arguments = {},
                 .mailer = "smtp"});
        }
        envelope.direction = mail::Direction::Outgoing;
        return envelope;
    }

    /// Decides upon a message to the end, and lets it leave to those who pass. Each is another
    /// message unless it has a Message-ID. Its queue id is `q` and its number.
    MessageDecision send(const std::vector<std::string>& recipients,
                         const Fields& fields,
                         std::string_view body,
                         std::string_view sender = "news@a.test") {
        mail::HeaderList headers;
        for (const auto& [name, value] : fields) {
            headers.add(name, " " + value);
        }
        ++messages;
        if (!headers.has("Message-ID")) {
            headers.add("Message-ID", fmt::format(" <{}@a.test>", messages));
        }
        mail::Envelope to = envelope(sender, recipients);
        to.queue_id = fmt::format("q{}", messages);
        const PassingMessage message = support::passing_message(settings, to, headers);
        MessageDecision decision = outbound.judge.decide(message, 2s);
        if (decision.needs_body) {
            outbound.judge.weigh(message, body, decision);
        }
        std::vector<std::size_t> passing;
        for (std::size_t i = 0; i < decision.verdicts.size(); ++i) {
            if (decision.verdicts[i].action <= PolicyAction::Tag) {
                passing.push_back(i);
            }
        }
        Booking booking;
        outbound.judge.left(message, decision, passing, booking);
        return decision;
    }

    MessageDecision personal(int number, std::string_view domain = "good.test") {
        return send({fmt::format("p{}@{}", number, domain)},
                    {{"Subject", "Our summer sale"}},
                    fmt::format("Hello customer {}, all garden furniture is at half price until "
                                "Sunday, come and see it: https://shop.test/{}\r\n",
                                number,
                                number * 7919));
    }

    support::MemoryCampaignStore& store;
    support::ManualClock clock;
    support::RecordingLog log;
    support::MemorySuppressionStore suppressions;
    support::MemoryJournal journal;
    support::MemoryHeldStore held;
    support::MemorySpool spool;
    support::ZoneResolver resolver;
    PlainReader reader;
    config::Settings settings;
    OwnName own_name{"mx.a.test"};
    SnapshotSource snapshots{support::small_snapshot()};
    support::OneRoute mta;
    OwnSenders own_senders{{.own_name = own_name, .mta = mta, .clock = clock}};
    OwnMail own_mail;
    CampaignWatch campaigns;
    OutboundFlow outbound;
    int messages = 1000 * static_cast<int>(store.copies());
};

/// "hold/null-mx pass/none": action and finding of each recipient.
std::string words(const MessageDecision& decision) {
    std::string all;
    for (const outbound::Verdict& verdict : decision.verdicts) {
        all += fmt::format("{}{}/{}",
                           all.empty() ? "" : " ",
                           terms::wire_name(verdict.action),
                           verdict.finding.has_value() ? wire_name(verdict.finding->name) : "none");
    }
    return all;
}

const Fields newsletter{{"Subject", "News of May"}, {"List-Id", "<news.a.test>"}};
constexpr std::string_view kLetter =
    "How to prune roses, which herbs grow in the shade, and a visit to the gardens of "
    "Cornwall.\r\n";

}  // namespace

TEST_CASE("the window of the rate is the sender's, by whichever addresses he takes bounces") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    const auto name = [&](const std::string& user,
                          const std::optional<std::string>& sender,
                          const std::string& recipient) {
        mail::Envelope to = Flow::envelope(sender.value_or("x@a.test"), {recipient});
        if (!sender.has_value()) {
            to.sender = mail::NullSender{};
        }
        const PassingMessage message =
            support::passing_message(flow.settings, to, {}, {.user = user});
        const std::size_t named = flow.outbound.judge.recipient_named(message);
        // What is decided counts.
        static_cast<void>(flow.outbound.judge.decide(message, 2s));
        return named;
    };
    for (std::size_t i = 1; i <= 120; ++i) {
        const std::string to = fmt::format("p{}@good.test", i);
        CHECK(name("company", "news@a.test", to) == i);
        CHECK(name("company", fmt::format("bounce-{}@a.test", i), to) == i);
        CHECK(name("", fmt::format("p{}=good.test@lists.test", i), to) == i);
        // The reports of everybody come from nobody.
        CHECK(name("", std::nullopt, to) == 0);
    }
    // A colleague behind the same login, and somebody else who names himself so.
    CHECK(name("company", "ann@a.test", "bo@good.test") == 1);
    CHECK(name("mallory", "news@a.test", "bo@good.test") == 1);
    CHECK(name("company", "News@A.test", "bo@good.test") == 121);
}

TEST_CASE("a receipt goes to who left the newsletter, however many there are") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    terms::SuppressionEntry entry;
    entry.subject = "left@good.test";
    entry.reason = terms::SuppressionReason::Unsubscribe;
    REQUIRE(flow.suppressions.put(entry).has_value());
    const auto receipt = [&](const Fields& more = {}) {
        Fields fields = more;
        fields.emplace_back("Subject", "Your payment");
        return flow.send(
            {"left@good.test"},
            fields,
            "We have received your payment, thank you very much. Your order leaves our "
            "house tomorrow.\r\n");
    };
    for (int i = 1; i <= 20; ++i) {
        static_cast<void>(flow.send({fmt::format("p{}@good.test", i)},
                                    {{"Subject", "Your payment"}},
                                    "We have received your payment, thank you very much. Your "
                                    "order leaves our house tomorrow.\r\n"));
    }
    const MessageDecision many = receipt();
    CHECK(many.stream.signal == "repeats:20/text");
    CHECK(words(many) == "pass/suppressed-unsubscribe");
    const MessageDecision by_service = receipt({{"Feedback-ID", "1:receipt:shop"}});
    CHECK(by_service.stream.signal == "header:Feedback-ID");
    CHECK(words(by_service) == "pass/suppressed-unsubscribe");
    CHECK(words(receipt({{"List-Unsubscribe", "<mailto:x@a.test>"}})) ==
          "hold/suppressed-unsubscribe");
    flow.settings.direct.senders = {"a.test"};
    const MessageDecision direct = receipt({{"List-Unsubscribe", "<mailto:x@a.test>"}});
    CHECK(direct.stream.signal == "direct:sender");
    CHECK_FALSE(direct.needs_body);
    CHECK(words(direct) == "pass/suppressed-unsubscribe");
}

TEST_CASE("many messages to one recipient each become bulk at the twentieth") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    for (int i = 1; i <= 19; ++i) {
        const MessageDecision decision = flow.personal(i, i == 7 ? "null.test" : "good.test");
        CHECK_FALSE(decision.stream.is_bulk());
        CHECK(words(decision) == (i == 7 ? "reject/null-mx" : "pass/none"));
    }
    const MessageDecision bulk = flow.personal(20, "null.test");
    CHECK(bulk.stream.signal == "repeats:20/text");
    CHECK(words(bulk) == "hold/null-mx");
    CHECK(bulk.campaign.identity.name.starts_with("fp:"));
    const MessageDecision next = flow.personal(21);
    CHECK(words(next) == "pass/none");
    CHECK(next.campaign.identity.name == bulk.campaign.identity.name);
    flow.clock.advance(20min);
    CHECK_FALSE(flow.personal(22).stream.is_bulk());
}

TEST_CASE("a subject makes many different texts bulk, a thread does not") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    const auto mail = [&](int number, const std::string& subject) {
        std::string text;
        for (int i = 0; i < 15; ++i) {
            text +=
                std::string(1, static_cast<char>('a' + number)) + static_cast<char>('a' + i) + "x ";
        }
        return flow.send({fmt::format("p{}@good.test", number)}, {{"Subject", subject}}, text)
            .stream.signal;
    };
    SUBCASE("a common subject") {
        for (int i = 1; i <= 19; ++i) {
            CHECK(mail(i, "Your order has shipped") == "none");
        }
        CHECK(mail(20, "Your order has shipped") == "repeats:20/subject");
    }
    SUBCASE("answers, one-word subjects and none") {
        for (int i = 0; i < 26; ++i) {
            CHECK(mail(i, "Re: Your order has shipped") == "none");
            CHECK(mail(i, "Invoice") == "none");
            CHECK(mail(i, "") == "none");
        }
    }
}

TEST_CASE("the same alarm to one administrator is no campaign") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    for (int i = 0; i < 60; ++i) {
        const MessageDecision decision =
            flow.send({"root@good.test"},
                      {{"Subject", fmt::format("Disk {} is full", i)}},
                      "The disk of the host has reached its limit, please extend it or clean up.");
        CHECK(words(decision) == "pass/none");
        CHECK_FALSE(decision.stream.is_bulk());
    }
}

TEST_CASE("a campaign does not go to the same recipient twice within the window") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    const std::vector<std::string> both{"a@good.test", "b@good.test"};
    CHECK(words(flow.send({"A@good.test"}, newsletter, kLetter)) == "pass/none");
    CHECK(words(flow.send(both, newsletter, kLetter)) == "hold/already-sent pass/none");
    CHECK(words(flow.send(both, newsletter, kLetter)) == "hold/already-sent hold/already-sent");

    SUBCASE("but the next issue of the list does") {
        CHECK(words(flow.send(both, newsletter, std::string(kLetter) + "And beans.")) ==
              "pass/none pass/none");
    }
    SUBCASE("not even under another List-Id, another sender's domain or without one") {
        CHECK(words(flow.send(both, {{"List-Id", "<b.a.test>"}}, kLetter)) ==
              "pass/none pass/none");
        CHECK(words(flow.send(both, newsletter, kLetter, "news@b.test")) == "pass/none pass/none");
    }
    SUBCASE("after a restart too") {
        flow.campaigns.work(flow.settings.bulk);
        CHECK(store.copies() == 4);  // two recipients, and the two messages that went to them
        Flow again(store);
        CHECK(words(again.send(both, newsletter, kLetter)) ==
              "hold/already-sent hold/already-sent");
    }
    SUBCASE("until the window is over") {
        flow.clock.advance(23h);
        CHECK(words(flow.send({"a@good.test"}, newsletter, kLetter)) == "hold/already-sent");
        flow.clock.advance(2h);
        CHECK(words(flow.send({"a@good.test"}, newsletter, kLetter)) == "pass/none");
    }
    SUBCASE("unless nobody wants to know") {
        flow.settings.bulk.repeat_window = 0s;
        CHECK(words(flow.send({"a@good.test"}, newsletter, kLetter)) == "pass/none");
    }
    SUBCASE("with the campaign header, when it says the same, however shortly") {
        const Fields summer{{"X-Campaign-ID", "summer"}, {"Subject", "Summer"}};
        CHECK(words(flow.send({"c@good.test"}, summer, "one")) == "pass/none");
        CHECK(words(flow.send({"c@good.test"}, summer, "two")) == "pass/none");
        CHECK(words(flow.send({"c@good.test"}, summer, "two")) == "hold/already-sent");
        CHECK(words(flow.send({"c@good.test"}, summer, "two", "bounce-17@a.test")) == "pass/none");
        CHECK(words(flow.send({"c@good.test"}, summer, "two", "bounce-18@a.test")) ==
              "hold/already-sent");
    }
    SUBCASE("an alarm to many at once, and a service's field, are no campaign") {
        flow.settings.bulk.recipients = 2;
        CHECK(words(flow.send(both, {}, kLetter)) == "pass/none pass/none");
        CHECK(words(flow.send(both, {}, kLetter)) == "pass/none pass/none");
        CHECK(words(flow.send(both, {{"Feedback-ID", "1:2"}}, kLetter)) == "pass/none pass/none");
        CHECK(words(flow.send(both, {{"Feedback-ID", "1:2"}}, kLetter)) == "pass/none pass/none");
    }
    SUBCASE("mail that is not bulk is nobody's business") {
        const Fields plain{{"Subject", "Lunch"}};
        CHECK(words(flow.send({"c@good.test"}, plain, kLetter)) == "pass/none");
        CHECK(words(flow.send({"c@good.test"}, plain, kLetter)) == "pass/none");
    }
    SUBCASE("what was held did not go") {
        CHECK(words(flow.send({"x@null.test"}, newsletter, kLetter)) == "hold/null-mx");
        CHECK(words(flow.send({"x@null.test"}, newsletter, kLetter)) == "hold/null-mx");
    }
    SUBCASE("a store that can't be asked keeps nobody from his mail") {
        flow.campaigns.work(flow.settings.bulk);
        store.trouble().begin("database is locked");
        CHECK(words(flow.send(both, newsletter, kLetter)) == "pass/none pass/none");
        CHECK(flow.log.has("earlier recipients of the campaign can't be looked up"));
        flow.campaigns.work(flow.settings.bulk);
        CHECK(flow.log.has("recipients of campaigns are not written down"));
        store.trouble().end();
        CHECK(words(flow.send(both, newsletter, kLetter)) == "hold/already-sent hold/already-sent");
    }
}

TEST_CASE("a message that is submitted again passes until it is known that it left") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    const std::vector<std::string> both{"a@good.test", "b@good.test"};
    Fields first = newsletter;
    first.emplace_back("Message-ID", "<first@a.test>");
    const auto log = [&](const std::string& queue_id,
                         const std::string& recipient,
                         mail::DeliveryResult result) {
        ports::JournalEntry entry;
        entry.key = recipient;
        entry.outcome.queue_id = queue_id;
        entry.outcome.recipient = recipient;
        entry.outcome.result = result;
        entry.outcome.at = flow.clock.now();
        return flow.campaigns.sent().on_outcome(entry, flow.clock.now());
    };
    CHECK(words(flow.send(both, first, kLetter)) == "pass/none pass/none");  // q1
    SUBCASE("the MTA may have refused it after us") {
        CHECK(words(flow.send(both, first, kLetter)) == "pass/none pass/none");
        flow.campaigns.work(flow.settings.bulk);
        CHECK(words(flow.send(both, first, kLetter)) == "pass/none pass/none");
        Flow again(store);
        CHECK(words(again.send(both, first, kLetter)) == "pass/none pass/none");
    }
    SUBCASE("another message that says the same is not it") {
        CHECK(words(flow.send(both, newsletter, kLetter)) == "hold/already-sent hold/already-sent");
    }
    SUBCASE("the log knows who has it") {
        CHECK(log("q1", "a@good.test", mail::DeliveryResult::Sent));
        CHECK(words(flow.send(both, first, kLetter)) == "hold/already-sent pass/none");
        flow.campaigns.work(flow.settings.bulk);
        Flow again(store);
        CHECK(words(again.send(both, first, kLetter)) == "hold/already-sent pass/none");
    }
    SUBCASE("what waits in the queue goes by itself") {
        CHECK(log("q1", "b@good.test", mail::DeliveryResult::Deferred));
        CHECK(words(flow.send(both, first, kLetter)) == "pass/none hold/already-sent");
    }
    SUBCASE("who got it back did not get it") {
        flow.campaigns.work(flow.settings.bulk);
        CHECK(log("q1", "a@good.test", mail::DeliveryResult::Bounced));
        CHECK(words(flow.send(both, newsletter, kLetter)) == "pass/none hold/already-sent");
        flow.campaigns.work(flow.settings.bulk);
        CHECK(store.copies() == 4);
    }
    SUBCASE("what was refused at its end is forgotten, by other messages too") {
        flow.campaigns.work(flow.settings.bulk);
        CHECK(flow.campaigns.sent().on_refused({.queue_id = "q1", .at = flow.clock.now()},
                                               flow.clock.now()));
        CHECK(words(flow.send(both, newsletter, kLetter)) == "pass/none pass/none");
    }
    SUBCASE("an older message had the same queue id") {
        CHECK(flow.campaigns.sent().on_refused({.queue_id = "q1", .at = flow.clock.now() - 1h},
                                               flow.clock.now()));
        CHECK(log("q9", "a@good.test", mail::DeliveryResult::Bounced));
        CHECK(words(flow.send(both, newsletter, kLetter)) == "hold/already-sent hold/already-sent");
    }
    SUBCASE("who had it by another message still has it") {
        flow.clock.advance(1s);
        CHECK(words(flow.send({"c@good.test"}, newsletter, kLetter)) == "pass/none");
        const std::vector<std::string> three{"a@good.test", "b@good.test", "c@good.test"};
        CHECK(words(flow.send(three, first, kLetter)) == "pass/none pass/none hold/already-sent");
    }
}

TEST_CASE("a password that is set anew twice in mass mail is no repetition") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    Fields extra;
    flow.settings.bulk.recipients = 1;
    const auto reset = [&](std::string_view token) {
        Fields fields = extra;
        fields.emplace_back("Subject", "Your password");
        return words(flow.send({"a@good.test"},
                               fields,
                               fmt::format("Please choose a new password for our shop on this "
                                           "page: https://shop.test/reset/{}\r\n",
                                           token)));
    };
    SUBCASE("by the sender") {
        CHECK(reset("1") == "pass/none");
        CHECK(reset("1") == "pass/none");
    }
    SUBCASE("by the name of a kind of letter") {
        extra = {{"X-Campaign-ID", "password-reset"}};
        CHECK(reset("1") == "pass/none");
        CHECK(reset("2") == "pass/none");
        CHECK(reset("2") == "hold/already-sent");
    }
    SUBCASE("a list tells everybody his link to leave it") {
        extra = {{"List-Id", "<news.shop.test>"}};
        CHECK(reset("1") == "pass/none");
        CHECK(reset("2") == "hold/already-sent");
    }
}

TEST_CASE("a campaign with too many bad recipients is stopped, and goes on when somebody says so") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    flow.settings.bulk.stop_above = {20};
    flow.settings.bulk.stop_minimum = 10;
    const Fields summer{{"X-Campaign-ID", "summer"}};
    int number = 0;
    const auto one = [&](std::string_view domain) {
        return words(flow.send({fmt::format("p{}@{}", ++number, domain)}, summer, "news"));
    };
    for (int i = 0; i < 7; ++i) {
        CHECK(one("good.test") == "pass/none");
    }
    CHECK(one("null.test") == "hold/null-mx");
    CHECK(one("null.test") == "hold/null-mx");
    CHECK(one("good.test") == "pass/none");  // two of ten
    CHECK_FALSE(flow.log.has("is stopped"));
    CHECK(one("null.test") == "hold/null-mx");  // three of eleven
    CHECK(flow.log.has("campaign: \"summer\" of \"news@a.test\" is stopped: 3 of 11 recipients"));
    flow.log.clear();
    CHECK(one("good.test") == "hold/campaign-stopped");
    CHECK(one("null.test") == "hold/null-mx");
    CHECK_FALSE(flow.log.has("is stopped"));
    CHECK(flow.campaigns.stopped().size() == 1);
    // What is held is not bad, and another campaign is another.
    CHECK(flow.campaigns.stopped().front().bad == 4);
    CHECK(words(flow.send({"p1@good.test"}, {{"X-Campaign-ID", "winter"}}, "x")) == "pass/none");

    SUBCASE("a restart does not forget the stop") {
        flow.campaigns.work(flow.settings.bulk);
        Flow again(store);
        again.settings = flow.settings;
        CHECK(words(again.send({"z@good.test"}, summer, "news")) == "hold/campaign-stopped");
        CHECK(again.campaigns.go_on("summer", std::nullopt, "command of anna") == 1);
        CHECK(words(again.send({"z@good.test"}, summer, "news")) == "pass/none");
    }
    SUBCASE("it goes on for good") {
        CHECK(flow.campaigns.go_on("winter", std::nullopt, "command of anna") == 0);
        CHECK(flow.campaigns.go_on("summer", std::nullopt, "command of anna") == 1);
        CHECK(flow.log.has("goes on: \"command of anna\""));
        for (int i = 0; i < 20; ++i) {
            CHECK(one("null.test") == "hold/null-mx");
        }
        CHECK(one("good.test") == "pass/none");
        flow.campaigns.work(flow.settings.bulk);
        Flow again(store);
        again.settings = flow.settings;
        CHECK(words(again.send({"z@good.test"}, summer, "news")) == "pass/none");
    }
}

TEST_CASE("one message that is mostly bad is stopped as a whole") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    flow.settings.bulk.stop_above = {20};
    flow.settings.bulk.stop_minimum = 5;
    const MessageDecision decision =
        flow.send({"a@good.test", "b@null.test", "c@null.test", "d@good.test", "malformed"},
                  newsletter,
                  kLetter);
    CHECK(words(decision) ==
          "hold/campaign-stopped hold/null-mx hold/null-mx hold/campaign-stopped "
          "reject/malformed-address");
    CHECK(decision.verdicts[0].finding->reason ==
          "the campaign was stopped: 3 of its 5 recipients so far are bad");
}

TEST_CASE("a recipient who got it already is not bad, nor one of a message with a fault") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    flow.settings.bulk.stop_above = {20};
    flow.settings.bulk.stop_minimum = 1;
    const Fields summer{{"X-Campaign-ID", "summer"}, {"Subject", "Summer"}};
    for (int i = 0; i < 10; ++i) {
        CHECK(words(flow.send({"a@good.test"}, summer, "x")) ==
              (i == 0 ? "pass/none" : "hold/already-sent"));
    }
    CHECK(flow.campaigns.stopped().empty());
}

TEST_CASE("shadow mode counts and says what would be") {
    support::MemoryCampaignStore store;
    Flow flow(store);
    flow.settings.mode = config::Mode::Shadow;
    flow.settings.bulk.stop_above = {20};
    flow.settings.bulk.stop_minimum = 1;
    static_cast<void>(flow.send({"a@null.test"}, newsletter, kLetter));
    CHECK(flow.log.has("would be stopped: 1 of 1 recipients"));
}

}  // namespace holdback::flow::outgoing
