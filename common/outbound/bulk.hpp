// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells bulk mail from direct mail by the envelope, the header, and a sliding window per sender.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "terms/stream.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holdback::outbound {

using terms::Stream;

/// Whom a message addresses. Equal receipts to many people are bulk, yet each is a letter to one
/// person. `Many`: the message has many recipients, or its header has a sign of bulk mail other
/// than a list's.
enum class SentTo : std::uint8_t { Person, Many, List };
inline constexpr std::array kAllSentTo{SentTo::Person, SentTo::Many, SentTo::List};

/// The stream, and the signal that decided it. For bulk: "header:List-Id", "recipients:40",
/// "rate:120/600s", "repeats:20/text", "sender", "user", "daemon", "client". "direct:" and one of
/// the last four for mail that is direct in any case; "none" for other direct mail.
struct StreamDecision {
    Stream stream = Stream::Direct;
    std::string signal = "none";
    SentTo sent_to = SentTo::Person;

    [[nodiscard]] bool is_bulk() const { return stream == Stream::Bulk; }
    /// Nothing that is found out later can make it bulk.
    [[nodiscard]] bool is_always_direct() const { return signal.starts_with(kAlwaysDirect); }

    static constexpr std::string_view kAlwaysDirect = "direct:";
    bool operator==(const StreamDecision&) const = default;
};

/// Recipients per sender in a sliding window. Bounded: a new sender replaces the one seen longest
/// ago.
class SenderWindows {
public:
    /// `most_senders` is at least 1.
    explicit SenderWindows(std::size_t most_senders = 10'000) : most_senders_(most_senders) {}

    /// Counts recipients of a sender. Gives their number within `window` before `now`, these
    /// included. The window moves in steps of a sixtieth.
    std::size_t observe(std::string_view sender,
                        std::size_t recipients,
                        std::chrono::seconds window,
                        core::SteadyPoint now);

private:
    struct Bucket {
        core::SteadyPoint start;
        std::size_t recipients = 0;
    };
    struct Sender {
        std::string name;
        std::deque<Bucket> buckets;
    };

    std::size_t most_senders_;
    std::list<Sender> by_age_;  // last seen first
    std::unordered_map<std::string_view, std::list<Sender>::iterator> by_name_;
};

/// The signs of the stream in the envelope.
struct EnvelopeSigns {
    std::string sender;  ///< without brackets
    std::string user;    ///< SASL user or empty
    std::string daemon;  ///< {daemon_name}
    std::optional<mail::IpAddress> client;
    std::size_t recipients = 0;         ///< in this message so far
    std::size_t window_recipients = 0;  ///< of this sender in the window, see `SenderWindows`
};

/// `[direct]` comes first, then the lists of `[bulk]`, then the numbers.
[[nodiscard]] StreamDecision stream_by_envelope(const EnvelopeSigns& signs,
                                                const config::Settings& settings);
[[nodiscard]] StreamDecision stream_by_headers(const mail::HeaderList& headers,
                                               const config::BulkSettings& settings);

/// `List` when the message says that it comes from a list (any List-* field of RFC 2369 and RFC
/// 2919, `Precedence: bulk` or `list`, the campaign header), or when `[bulk]` lists its sender,
/// user, daemon or client. `Many` by the other fields of `[bulk] headers` (services put Feedback-ID
/// on all their mail) and by `[bulk] recipients`. Rate and repeats do not count here.
[[nodiscard]] SentTo sent_to(const EnvelopeSigns& signs,
                             const mail::HeaderList& headers,
                             const config::BulkSettings& settings);

/// The campaign's name: the configured header field, else Feedback-ID, else List-Id; empty without
/// one. A long name is cut and ends in a digest.
[[nodiscard]] std::string campaign_name(const mail::HeaderList& headers,
                                        const config::BulkSettings& settings);

}  // namespace holdback::outbound
