// SPDX-License-Identifier: Apache-2.0
#include "outbound/campaign.hpp"

#include "config/settings.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"
#include "core/wire_names.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/repeat_window.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::outbound {

namespace {

std::string digest_of(std::initializer_list<std::string_view> pieces) {
    constexpr std::size_t kDigits = 32;
    const std::vector<std::string_view> all(pieces);
    return core::digest_hex(all).substr(0, kDigits);
}

std::string said_by(std::string_view kind,
                    std::string_view scope,
                    std::string_view name,
                    std::string_view said) {
    return said.empty() ? std::string() : digest_of({kind, scope, name, said});
}

}  // namespace

bool is_named_by_header(const mail::HeaderList& headers, const config::BulkSettings& settings) {
    return !settings.campaign_header.empty() &&
           !headers.first(settings.campaign_header).value_or("").empty();
}

Links links_that_count(const mail::HeaderList& headers) {
    // Feedback-ID does not count: services put it on all their mail.
    const bool is_list =
        headers.has("List-Unsubscribe") || headers.has("List-Id") || headers.has("Precedence");
    return is_list ? Links::HostsAlone : Links::Whole;
}

CampaignIdentity campaign_identity(const mail::HeaderList& headers,
                                   const config::BulkSettings& settings,
                                   const StreamDecision& stream,
                                   std::string_view sender,
                                   std::string_view said,
                                   const RepeatWindow::Counts& counts) {
    CampaignIdentity identity;
    // When the subject was the signal, messages with different texts are one campaign by their
    // subject.
    const bool by_subject = stream.signal.ends_with("/subject") || counts.text_name.empty();
    const std::string& content_name = by_subject ? counts.subject_name : counts.text_name;
    identity.name = campaign_name(headers, settings);
    const std::string list = headers.first("List-Id").value_or("");
    if (is_named_by_header(headers, settings)) {
        identity.key = digest_of({"header", sender, identity.name});
        identity.issue = said_by("header", sender, identity.name, said);
    } else if (!identity.name.empty()) {
        identity.key = digest_of({"list", sender, identity.name, content_name});
        identity.issue = list.empty() ? std::string() : said_by("list", sender, list, said);
    } else if (!content_name.empty()) {
        identity.key = digest_of({"content", sender, content_name});
        identity.name = content_name;
    }
    return identity;
}

std::string_view wire_name(CampaignState state) {
    switch (state) {
        case CampaignState::Running:
            return "running";
        case CampaignState::Stopped:
            return "stopped";
        case CampaignState::Continued:
            return "continued";
    }
    std::unreachable();
}

std::optional<CampaignState> parse_campaign_state(std::string_view name) {
    return core::find_wire_name(
        std::array{CampaignState::Running, CampaignState::Stopped, CampaignState::Continued}, name);
}

bool is_over(const Campaign& campaign, const config::BulkSettings& settings) {
    return campaign.recipients >= settings.stop_minimum &&
           campaign.bad * 100 > campaign.recipients * settings.stop_above.percent;
}

Campaigns::Counted Campaigns::count(Campaign campaign, const config::BulkSettings& settings) {
    const auto known = by_key_.find(campaign.key);
    if (known == by_key_.end()) {
        make_room();
        by_age_.push_front({.campaign = std::move(campaign), .changed = true});
        by_key_.emplace(by_age_.front().campaign.key, by_age_.begin());
    } else {
        by_age_.splice(by_age_.begin(), by_age_, known->second);
        Campaign& before = by_age_.front().campaign;
        before.recipients += campaign.recipients;
        before.bad += campaign.bad;
        before.shown_sender = std::move(campaign.shown_sender);
        before.seen_at = campaign.seen_at;
        by_age_.front().changed = true;
    }
    Campaign& now = by_age_.front().campaign;
    const bool stops = now.state == CampaignState::Running && is_over(now, settings);
    if (stops) {
        now.state = CampaignState::Stopped;
    }
    return {.campaign = now, .stopped_now = stops};
}

std::size_t Campaigns::continue_all(std::string_view name, std::optional<std::string_view> sender) {
    std::size_t count = 0;
    for (Entry& entry : by_age_) {
        const bool is_meant = entry.campaign.name == name &&
                              (!sender.has_value() ||
                               core::equals_ignoring_case(entry.campaign.shown_sender, *sender));
        if (is_meant && entry.campaign.state == CampaignState::Stopped) {
            entry.campaign.state = CampaignState::Continued;
            entry.changed = true;
            ++count;
        }
    }
    return count;
}

std::vector<Campaign> Campaigns::stopped() const {
    std::vector<Campaign> found;
    for (const Entry& entry : by_age_) {
        if (entry.campaign.state == CampaignState::Stopped) {
            found.push_back(entry.campaign);
        }
    }
    return found;
}

std::vector<Campaign> Campaigns::take_changed() {
    std::vector<Campaign> changed;
    for (Entry& entry : by_age_) {
        if (std::exchange(entry.changed, false)) {
            changed.push_back(entry.campaign);
        }
    }
    return changed;
}

void Campaigns::change_again(std::span<const Campaign> campaigns) {
    for (const Campaign& campaign : campaigns) {
        if (const auto known = by_key_.find(campaign.key); known != by_key_.end()) {
            known->second->changed = true;
        }
    }
}

void Campaigns::restore(Campaign campaign) {
    make_room();
    by_age_.push_front({.campaign = std::move(campaign), .changed = false});
    by_key_.insert_or_assign(by_age_.front().campaign.key, by_age_.begin());
}

void Campaigns::make_room() {
    if (by_age_.size() < most_) {
        return;
    }
    // The oldest that is not stopped; else the oldest of all.
    const auto oldest = std::ranges::find_if(by_age_.rbegin(), by_age_.rend(), [](const Entry& e) {
        return e.campaign.state != CampaignState::Stopped;
    });
    const auto goes =
        oldest == by_age_.rend() ? std::prev(by_age_.end()) : std::prev(oldest.base());
    by_key_.erase(goes->campaign.key);
    by_age_.erase(goes);
}

}  // namespace holdback::outbound
