// SPDX-License-Identifier: Apache-2.0
#include "flow/spool_room.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/folded_sender.hpp"
#include "ports/held_files.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::flow {

namespace {

/// The store is read at most this often.
constexpr std::chrono::seconds kBetweenLooks{10};

/// A tenth below a limit.
std::uint64_t well_below(std::uint64_t limit) {
    return limit - (limit / 10);
}

}  // namespace

std::string SpoolRoom::sender_of(const Submitting& who, const mail::Envelope& envelope) {
    const bool is_one = envelope.recipients.size() == 1;
    return mail::spool_sharer(who.user,
                              envelope.sender_text(),
                              is_one ? envelope.recipients.front().as_given() : std::string());
}

std::optional<std::uint64_t> SpoolRoom::disk_room(const config::HoldSettings& settings) const {
    if (settings.min_free == 0) {
        return std::nullopt;
    }
    const auto free = parts_.spool->free_octets();
    if (!free.has_value()) {
        return std::nullopt;
    }
    return *free - std::min<std::uint64_t>(*free, settings.min_free);
}

std::uint64_t SpoolRoom::share_of(const Book& book,
                                  std::optional<std::uint64_t> disk_room,
                                  const config::HoldSettings& settings) {
    if (settings.max_size_per_sender > 0) {
        return settings.max_size_per_sender;
    }
    std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    if (settings.max_size > 0) {
        all = settings.max_size;
    }
    if (disk_room.has_value()) {
        all = std::min<std::uint64_t>(all, book.used + *disk_room);
    }
    return all / 2;
}

std::optional<std::string> SpoolRoom::refusal(const std::string& sender,
                                              const config::HoldSettings& settings) {
    const auto disk = disk_room(settings);
    std::optional<std::string> news;
    auto why = book_.with([&](Book& book) -> std::optional<std::string> {
        if (book.full.empty()) {
            if (settings.max_size > 0 && book.used >= settings.max_size) {
                book.full =
                    fmt::format("the spool has reached max_size ({} octets held)", book.used);
            } else if (disk == std::uint64_t{0}) {
                book.full = fmt::format("the disk of the spool has less than min_free left ({})",
                                        settings.min_free);
            }
            if (!book.full.empty()) {
                news = fmt::format(
                    "spool: full: {}: nothing is held until there is room again; "
                    "release or discard what is held, or raise the limit",
                    book.full);
            }
        }
        if (!book.full.empty()) {
            return book.full;
        }
        const auto known = book.by_sender.find(sender);
        const std::uint64_t used = known == book.by_sender.end() ? 0 : known->second;
        if (!book.over.contains(sender) && used >= share_of(book, disk, settings)) {
            book.over.insert(sender);
            news = fmt::format(
                "spool: {} has reached max_size_per_sender ({} octets held): no "
                "more of this sender's mail is held until there is room again",
                core::log_safe(sender),
                used);
        }
        if (book.over.contains(sender)) {
            return fmt::format("{} has reached max_size_per_sender", core::log_safe(sender));
        }
        return std::nullopt;
    });
    if (news.has_value()) {
        parts_.log->write(ports::Severity::Error, *news);
    }
    return why;
}

void SpoolRoom::took(const std::string& sender, std::uint64_t octets) {
    book_.with([&](Book& book) {
        book.used += octets;
        book.by_sender[sender] += octets;
    });
}

void SpoolRoom::shrunk() {
    book_.with([](Book& book) { book.is_old = true; });
}

void SpoolRoom::read_anew() {
    const bool is_old = book_.with([](Book& book) { return std::exchange(book.is_old, false); });
    if (!is_old) {
        return;
    }
    const auto shares = parts_.held->spool_shares();
    if (!shares.has_value()) {
        trouble_.say(
            ports::Severity::Error, "how much the spool holds is not known", shares.error().what);
        shrunk();
        return;
    }
    // Mail taken while the store was read may be counted twice or not at all until the next look,
    // which comes when messages leave the spool.
    book_.with([&](Book& book) {
        book.used = 0;
        book.by_sender.clear();
        for (const ports::SpoolShare& share : *shares) {
            book.used += share.octets;
            book.by_sender[share.sender] += share.octets;
        }
    });
}

void SpoolRoom::let_go(const config::HoldSettings& settings) {
    const auto disk = disk_room(settings);
    std::vector<std::string> news;
    book_.with([&](Book& book) {
        const bool is_below = settings.max_size == 0 || book.used <= well_below(settings.max_size);
        const bool has_disk = !disk.has_value() || *disk >= settings.min_free / 10;
        if (!book.full.empty() && is_below && has_disk && disk != std::uint64_t{0}) {
            book.full.clear();
            news.emplace_back("spool: there is room again: mail is held as before");
        }
        const std::uint64_t share = well_below(share_of(book, disk, settings));
        std::erase_if(book.over, [&](const auto& each) {
            const auto known = book.by_sender.find(each);
            const std::uint64_t used = known == book.by_sender.end() ? 0 : known->second;
            if (used > share) {
                return false;
            }
            news.push_back(fmt::format("spool: there is room again for {}: mail is held as before",
                                       core::log_safe(each)));
            return true;
        });
    });
    for (const std::string& line : news) {
        parts_.log->write(ports::Severity::Info, line);
    }
}

void SpoolRoom::work(const config::HoldSettings& settings) {
    const core::SteadyPoint now = parts_.clock->steady_now();
    if (now < next_look_) {
        return;
    }
    next_look_ = now + kBetweenLooks;
    read_anew();
    let_go(settings);
}

SpoolRoom::State SpoolRoom::state(const config::HoldSettings& settings) const {
    const auto disk = disk_room(settings);
    return book_.with([&](const Book& book) {
        State state{
            .used = book.used, .room = disk, .full = book.full, .senders_over = book.over.size()};
        if (settings.max_size > 0) {
            const std::uint64_t left =
                settings.max_size - std::min<std::uint64_t>(settings.max_size, book.used);
            state.room = std::min(left, disk.value_or(left));
        }
        return state;
    });
}

}  // namespace holdback::flow
