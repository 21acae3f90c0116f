// SPDX-License-Identifier: Apache-2.0
#include "outbound/campaign.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/repeat_window.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

mail::HeaderList header_of(
    const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
    mail::HeaderList headers;
    for (const auto& [name, value] : fields) {
        headers.add(name, value);
    }
    return headers;
}

CampaignIdentity identity(const mail::HeaderList& headers,
                          std::string_view exact,
                          const RepeatWindow::Counts& counts,
                          std::string_view signal = "header:List-Id",
                          std::string_view sender = "news@a.test") {
    return campaign_identity(headers,
                             config::BulkSettings{},
                             {Stream::Bulk, std::string(signal)},
                             sender,
                             exact,
                             counts);
}

RepeatWindow::Counts text(std::string name) {
    return {.subject_name = "fp:subject", .text_name = std::move(name)};
}

Campaign message(std::string key, std::uint64_t recipients, std::uint64_t bad) {
    return {.key = key,
            .name = key + "-name",
            .shown_sender = "news@" + key + ".test",
            .recipients = recipients,
            .bad = bad};
}

config::BulkSettings stopping() {
    config::BulkSettings settings;
    settings.stop_above = {20};
    settings.stop_minimum = 50;
    return settings;
}

}  // namespace

TEST_CASE("the campaign header names a campaign of its sender, and the text what is said in it") {
    const auto summer = header_of({{"X-Campaign-ID", " summer"}, {"List-Id", " <l.a.test>"}});
    const CampaignIdentity one = identity(summer, "x", text("fp:1"));
    CHECK(one.name == "summer");
    CHECK(identity(summer, "x", text("fp:2")) == one);
    const CampaignIdentity order = identity(summer, "y", text("fp:2"));
    CHECK(order.key == one.key);
    CHECK(order.issue != one.issue);
    CHECK(identity(summer, "", text("fp:1")).issue.empty());
    const CampaignIdentity winter =
        identity(header_of({{"X-Campaign-ID", " winter"}}), "x", text("fp:1"));
    CHECK(winter.issue != one.issue);
    CHECK(winter.key != one.key);
    // Somebody else of the domain has the same name for something else.
    const CampaignIdentity other =
        identity(summer, "x", text("fp:1"), "header:List-Id", "mallory@a.test");
    CHECK(other.name == "summer");
    CHECK(other.key != one.key);
    CHECK(other.issue != one.issue);
    CHECK(is_named_by_header(summer, config::BulkSettings{}));
    CHECK_FALSE(is_named_by_header(header_of({{"X-Campaign-ID", " "}}), config::BulkSettings{}));
    CHECK_FALSE(is_named_by_header(header_of({{"List-Id", " <l.a.test>"}}), {}));
}

TEST_CASE("mail that does not say that it is of a campaign is never sent already") {
    for (const auto& field : {"Subject", "Feedback-ID", "List-Unsubscribe", "Precedence"}) {
        CAPTURE(field);
        CHECK(identity(header_of({{field, " bulk"}}), "x", text("fp:1")).issue.empty());
    }
    // Feedback-ID names what held mail is selected by, and the list still says what it is.
    const auto both = header_of({{"Feedback-ID", " 1:2"}, {"List-Id", " <l.a.test>"}});
    CHECK(identity(both, "x", text("fp:1")).name == "1:2");
    CHECK_FALSE(identity(both, "x", text("fp:1")).issue.empty());
}

TEST_CASE("a list is no campaign: what is sent to it counts as well") {
    const auto list = header_of({{"List-Id", " <l.a.test>"}});
    const CampaignIdentity monday = identity(list, "monday", text("fp:1"));
    const CampaignIdentity tuesday = identity(list, "tuesday", text("fp:2"));
    CHECK(monday.name == "<l.a.test>");
    CHECK(tuesday.name == monday.name);
    CHECK(tuesday.key != monday.key);
    CHECK(tuesday.issue != monday.issue);
    CHECK(identity(list, "monday", text("fp:1")) == monday);
    // Said too shortly to be told from other things: nobody is kept from it.
    CHECK(identity(list, "", text("fp:1")).issue.empty());
}

TEST_CASE("without a name in the header, sender and content name it") {
    const auto plain = header_of({{"Subject", " hi"}});
    const CampaignIdentity one = identity(plain, "x", text("fp:1"), "rate:100/600s");
    CHECK(one.name == "fp:1");
    CHECK(identity(plain, "y", text("fp:1"), "rate:100/600s").key == one.key);
    CHECK(identity(plain, "x", text("fp:1"), "rate:100/600s", "other@a.test").key != one.key);
    CHECK(one.issue.empty());
    CHECK(identity(plain, "x", text("fp:1"), "repeats:20/subject").name == "fp:subject");
    CHECK(identity(plain, "x", {.subject_name = "fp:2"}, "recipients:25").name == "fp:2");
    CHECK(identity(plain, "", {}, "recipients:25") == CampaignIdentity{});
}

TEST_CASE("links count by their hosts alone in mail that calls itself a list's") {
    CHECK(links_that_count(header_of({{"List-Id", " <l.a.test>"}})) == Links::HostsAlone);
    CHECK(links_that_count(header_of({{"list-unsubscribe", " <x>"}})) == Links::HostsAlone);
    CHECK(links_that_count(header_of({{"Precedence", " bulk"}})) == Links::HostsAlone);
    CHECK(links_that_count(header_of({{"Feedback-ID", " 1:reset:shop"}})) == Links::Whole);
}

TEST_CASE("a campaign is stopped once its share of bad recipients is over the limit") {
    struct Row {
        std::uint64_t recipients;
        std::uint64_t bad;
        bool want;
    };
    for (const Row& row : {Row{49, 49, false},
                           Row{50, 10, false},
                           Row{50, 11, true},
                           Row{1000, 200, false},
                           Row{1000, 201, true},
                           Row{0, 0, false}}) {
        CAPTURE(row.recipients);
        CAPTURE(row.bad);
        CHECK(is_over(message("a", row.recipients, row.bad), stopping()) == row.want);
    }
    config::BulkSettings never;
    CHECK_FALSE(is_over(message("a", 1000, 1000), never));
}

TEST_CASE("a stop is told once, lasts, and ends for good when somebody says so") {
    Campaigns campaigns;
    const config::BulkSettings settings = stopping();
    CHECK_FALSE(campaigns.count(message("a", 49, 20), settings).stopped_now);
    const auto stopped = campaigns.count(message("a", 1, 0), settings);
    CHECK(stopped.stopped_now);
    CHECK(stopped.campaign.recipients == 50);
    CHECK(stopped.campaign.bad == 20);
    CHECK_FALSE(campaigns.count(message("a", 1000, 0), settings).stopped_now);
    CHECK(campaigns.stopped().size() == 1);
    CHECK(campaigns.count(message("b", 1, 0), settings).campaign.state == CampaignState::Running);
    CHECK(campaigns.continue_all("b-name") == 0);
    CHECK(campaigns.continue_all("a-name", "news@b.test") == 0);
    CHECK(campaigns.continue_all("a-name", "News@a.test") == 1);
    CHECK(campaigns.continue_all("a-name") == 0);
    const auto later = campaigns.count(message("a", 1000, 1000), settings);
    CHECK(later.campaign.state == CampaignState::Continued);
    CHECK(campaigns.stopped().empty());
}

TEST_CASE("one message with many recipients can stop its campaign alone") {
    Campaigns campaigns;
    CHECK(campaigns.count(message("a", 100, 30), stopping()).stopped_now);
}

TEST_CASE("what changed is told once, and comes back after a restart") {
    Campaigns campaigns;
    static_cast<void>(campaigns.count(message("a", 100, 30), stopping()));
    const std::vector<Campaign> changed = campaigns.take_changed();
    REQUIRE(changed.size() == 1);
    CHECK(campaigns.take_changed().empty());
    campaigns.change_again(changed);
    CHECK(campaigns.take_changed() == changed);
    Campaigns after;
    after.restore(changed.front());
    CHECK(after.stopped() == changed);
    CHECK(after.take_changed().empty());
    CHECK_FALSE(after.count(message("a", 1, 1), stopping()).stopped_now);
}

TEST_CASE("the memory of campaigns is bounded, and stopped ones go last") {
    Campaigns campaigns(3);
    static_cast<void>(campaigns.count(message("bad", 100, 30), stopping()));
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(campaigns.count(message(std::to_string(i), 1, 0), stopping()));
    }
    CHECK(campaigns.size() == 3);
    CHECK(campaigns.stopped().size() == 1);
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(campaigns.count(message("bad" + std::to_string(i), 100, 99), stopping()));
    }
    CHECK(campaigns.size() == 3);
    CHECK(campaigns.stopped().size() == 3);
}

TEST_CASE("the states of a campaign have names, there and back") {
    for (const CampaignState state :
         {CampaignState::Running, CampaignState::Stopped, CampaignState::Continued}) {
        CHECK(parse_campaign_state(wire_name(state)) == state);
    }
    CHECK(wire_name(CampaignState::Stopped) == "stopped");
    CHECK_FALSE(parse_campaign_state("halted").has_value());
}

}  // namespace holdback::outbound
