// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bulk or direct: the signals of the envelope, of the headers, and of a sliding window per sender.

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

/// Whom a message addresses, by what it says of itself. Many equal receipts are bulk, and still
/// each is a letter to one person. `Many` are addressed by one message, or by what its header says
/// without calling them a list.
enum class SentTo : std::uint8_t { Person, Many, List };
inline constexpr std::array kAllSentTo{SentTo::Person, SentTo::Many, SentTo::List};

/// The stream, and the signal that decided it: "header:List-Id", "recipients:40", "rate:120/10m",
/// "sender", "user", "daemon", "client" for bulk; "direct:" with one of the last four for mail that
/// is direct whatever else is known of it; "none" for other direct mail.
struct StreamDecision {
    Stream stream = Stream::Direct;
    std::string signal = "none";
    SentTo sent_to = SentTo::Person;

    [[nodiscard]] bool is_bulk() const { return stream == Stream::Bulk; }
    /// Nothing that is found out later makes it bulk.
    [[nodiscard]] bool is_always_direct() const { return signal.starts_with(kAlwaysDirect); }

    static constexpr std::string_view kAlwaysDirect = "direct:";
    bool operator==(const StreamDecision&) const = default;
};

/// Recipients per sender in a sliding window. Bounded: the sender seen longest ago makes room.
class SenderWindows {
public:
    /// `most_senders` is at least 1.
    explicit SenderWindows(std::size_t most_senders = 10'000) : most_senders_(most_senders) {}

    /// Counts recipients of a sender and gives how many there were within `window` before `now`,
    /// these included. The window moves in steps of a sixtieth.
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

/// What the envelope tells about the stream.
struct EnvelopeSigns {
    std::string sender;  ///< without brackets
    std::string user;    ///< SASL user or empty
    std::string daemon;  ///< {daemon_name}
    std::optional<mail::IpAddress> client;
    std::size_t recipients = 0;         ///< in this message so far
    std::size_t window_recipients = 0;  ///< of this sender, from `SenderWindows`
};

/// `[direct]` comes first, then the lists of `[bulk]`, then the numbers.
[[nodiscard]] StreamDecision stream_by_envelope(const EnvelopeSigns& signs,
                                                const config::Settings& settings);
[[nodiscard]] StreamDecision stream_by_headers(const mail::HeaderList& headers,
                                               const config::BulkSettings& settings);

/// List when the message says that it is one's (any List-* field of RFC 2369 and RFC 2919,
/// `Precedence: bulk` or `list`, the campaign header), or when `[bulk]` lists who sends it. Many by
/// the other fields of `[bulk] headers` (services put Feedback-ID on all that they send) and by
/// `[bulk] recipients`. Rate and repeats say nothing of it.
[[nodiscard]] SentTo sent_to(const EnvelopeSigns& signs,
                             const mail::HeaderList& headers,
                             const config::BulkSettings& settings);

/// The campaign's name: the configured header, else Feedback-ID, else List-Id; empty when there is
/// none.
[[nodiscard]] std::string campaign_name(const mail::HeaderList& headers,
                                        const config::BulkSettings& settings);

}  // namespace holdback::outbound
