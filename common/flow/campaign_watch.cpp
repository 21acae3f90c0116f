// SPDX-License-Identifier: Apache-2.0
#include "flow/campaign_watch.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/short_digest.hpp"
#include "core/text.hpp"
#include "flow/passing_message.hpp"
#include "flow/sender_key.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/campaign.hpp"
#include "outbound/content_fingerprint.hpp"
#include "outbound/findings.hpp"
#include "outbound/repeat_window.hpp"
#include "ports/campaign_store.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

constexpr std::size_t kMostCampaigns = 10'000;
constexpr std::size_t kMostCopies = 5'000'000;
constexpr std::chrono::days kCampaignLife{30};
constexpr std::chrono::minutes kForgetEvery{1};

/// The recipient's mailbox as the stores name it.
std::string recipient_key(const mail::Recipient& recipient) {
    return recipient.syntax.has_value() ? recipient.syntax->value.key()
                                        : core::to_lower(recipient.as_given());
}

std::uint64_t recipients_hash(const mail::Envelope& envelope) {
    std::vector<std::string> keys;
    keys.reserve(envelope.recipients.size());
    for (const mail::Recipient& recipient : envelope.recipients) {
        keys.push_back(recipient_key(recipient));
    }
    std::ranges::sort(keys);
    const std::vector<std::string_view> pieces(keys.begin(), keys.end());
    return core::short_digest(pieces);
}

}  // namespace

void CampaignWatch::recover() {
    const auto loaded = parts_.store.load(kMostCampaigns);
    if (!loaded.has_value()) {
        say_trouble("the campaigns before this start are not known", loaded.error().what);
        return;
    }
    for (const outbound::Campaign& campaign : *loaded) {
        repeats_.with([&](auto& repeats) { repeats.restore(campaign.text); });
        campaigns_.with([&](auto& campaigns) { campaigns.restore(campaign); });
    }
}

outbound::RepeatWindow::Counts CampaignWatch::observe(const PassingMessage& message,
                                                      const outbound::ContentFingerprint& content) {
    const mail::Envelope& envelope = message.envelope;
    const config::BulkSettings& settings = message.settings().bulk;
    if (std::holds_alternative<mail::NullSender>(envelope.sender)) {
        return {};
    }
    const std::string sender = sender_key(message.who, envelope);
    const std::uint64_t recipients = recipients_hash(envelope);
    const core::SteadyPoint now = parts_.clock.steady_now();
    return repeats_.with([&](outbound::RepeatWindow& repeats) {
        return repeats.observe({.sender = sender, .content = content, .recipients = recipients},
                               settings.repeats,
                               settings.rate.window,
                               now);
    });
}

WeighedCampaign CampaignWatch::campaign_of(const PassingMessage& message,
                                           const outbound::StreamDecision& stream,
                                           std::string_view said,
                                           const outbound::RepeatWindow::Counts& counts) {
    const mail::HeaderList& headers = message.headers;
    const config::BulkSettings& settings = message.settings().bulk;
    const std::string sender = sender_key(message.who, message.envelope);
    WeighedCampaign campaign;
    campaign.identity =
        outbound::campaign_identity(headers, settings, stream, sender, said, counts);
    if (!counts.text_name.empty() && !outbound::is_named_by_header(headers, settings)) {
        campaign.text = {.sender = sender, .name = counts.text_name, .sketch = counts.text_sketch};
    }
    return campaign;
}

std::optional<outbound::StoppedCampaign> CampaignWatch::count(const PassingMessage& message,
                                                              const WeighedCampaign& campaign,
                                                              std::size_t bad) {
    const mail::Envelope& envelope = message.envelope;
    const config::Settings& settings = message.settings();
    if (campaign.identity.key.empty()) {
        return std::nullopt;
    }
    outbound::Campaign with_message{.key = campaign.identity.key,
                                    .name = campaign.identity.name,
                                    .text = campaign.text,
                                    .shown_sender = envelope.sender_text(),
                                    .recipients = envelope.recipients_to_count(),
                                    .bad = bad,
                                    .state = outbound::CampaignState::Running,
                                    .seen_at = parts_.clock.now()};
    const auto counted = campaigns_.with([&](outbound::Campaigns& campaigns) {
        return campaigns.count(std::move(with_message), settings.bulk);
    });
    const outbound::Campaign& now = counted.campaign;
    if (counted.stopped_now) {
        parts_.log.write(
            ports::Severity::Error,
            fmt::format("campaign: {} of {} {} stopped: {} of {} recipients are bad, more than "
                        "stop_above={}% allows; holdbackctl held release --campaign lets it go on",
                        core::log_safe(now.name),
                        core::log_safe(now.shown_sender),
                        settings.mode == config::Mode::Shadow ? "would be" : "is",
                        now.bad,
                        now.recipients,
                        settings.bulk.stop_above.percent));
    }
    if (now.state != outbound::CampaignState::Stopped) {
        return std::nullopt;
    }
    return outbound::StoppedCampaign{
        .name = now.name, .recipients = now.recipients, .bad = now.bad};
}

void CampaignWatch::write_campaigns() {
    const auto changed =
        campaigns_.with([](outbound::Campaigns& campaigns) { return campaigns.take_changed(); });
    if (changed.empty()) {
        return;
    }
    if (const auto saved = parts_.store.save(changed); !saved.has_value()) {
        campaigns_.with([&](outbound::Campaigns& campaigns) { campaigns.change_again(changed); });
        say_trouble("campaigns are not written down", saved.error().what);
    }
}

std::size_t CampaignWatch::go_on(std::string_view name,
                                 std::optional<std::string_view> sender,
                                 std::string_view cause) {
    const std::size_t count = campaigns_.with(
        [&](outbound::Campaigns& campaigns) { return campaigns.continue_all(name, sender); });
    if (count > 0) {
        parts_.log.write(
            ports::Severity::Info,
            fmt::format("campaign: {} goes on: {}", core::log_safe(name), core::log_safe(cause)));
    }
    return count;
}

std::vector<outbound::Campaign> CampaignWatch::stopped() const {
    return campaigns_.with(
        [](const outbound::Campaigns& campaigns) { return campaigns.stopped(); });
}

void CampaignWatch::work(const config::BulkSettings& settings) {
    sent_.work();
    write_campaigns();
    if (parts_.clock.steady_now() < forgotten_at_ + kForgetEvery) {
        return;
    }
    forgotten_at_ = parts_.clock.steady_now();
    const core::TimePoint now = parts_.clock.now();
    if (const auto done = parts_.store.forget({.copies_since = now - settings.repeat_window,
                                               .copies = kMostCopies,
                                               .campaigns_since = now - kCampaignLife,
                                               .campaigns = kMostCampaigns});
        !done.has_value()) {
        say_trouble("old campaigns are not forgotten", done.error().what);
    }
}

void CampaignWatch::say_trouble(std::string_view what, std::string_view why) const {
    trouble_.say(ports::Severity::Warning, what, why);
}

}  // namespace holdback::flow
