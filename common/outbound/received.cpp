// SPDX-License-Identifier: Apache-2.0
#include "outbound/received.hpp"

#include "core/text.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::outbound {

namespace {

/// The most trace fields that are read, and the most octets of each.
constexpr std::size_t kMostFields = 30;
constexpr std::size_t kMostOctets = 2000;

constexpr std::string_view kIpv6Tag = "IPv6:";

std::optional<mail::IpAddress> address_in(std::string_view text) {
    if (core::starts_with_ignoring_case(text, kIpv6Tag)) {
        text.remove_prefix(kIpv6Tag.size());
    }
    return mail::IpAddress::parse(text);
}

/// The address in a comment after the client's name, in brackets or alone. An address after "=" is
/// the client's own claim ("helo=[10.0.0.1]") and is skipped. The last address counts: idents and
/// names come before it.
std::optional<mail::IpAddress> address_of_comment(std::string_view comment) {
    std::optional<mail::IpAddress> found = address_in(core::trim(comment));
    std::size_t at = comment.find('[');
    while (at != std::string_view::npos) {
        const std::size_t end = comment.find(']', at);
        if (end == std::string_view::npos) {
            break;
        }
        const bool is_claimed = at > 0 && comment[at - 1] == '=';
        const auto address = address_in(comment.substr(at + 1, end - at - 1));
        if (address.has_value() && !is_claimed) {
            found = address;
        }
        at = comment.find('[', end);
    }
    return found;
}

/// One piece of a trace field: a word, or a comment without its parentheses.
struct Piece {
    std::string_view text;
    bool is_comment = false;
};

/// Gives the pieces of a field one by one, up to the ";" before the date.
class Pieces {
public:
    explicit Pieces(std::string_view text) : text_(text) {}

    std::optional<Piece> next() {
        while (at_ < text_.size() && core::is_ascii_space(text_[at_])) {
            ++at_;
        }
        if (at_ >= text_.size() || text_[at_] == ';') {
            return std::nullopt;
        }
        return text_[at_] == '(' ? comment() : word();
    }

private:
    Piece comment() {
        const std::size_t begin = ++at_;
        for (int depth = 1; at_ < text_.size(); ++at_) {
            if (text_[at_] == '(') {
                ++depth;
            } else if (text_[at_] == ')' && --depth == 0) {
                break;
            }
        }
        const std::string_view inside = text_.substr(begin, at_ - begin);
        at_ = std::min(at_ + 1, text_.size());
        return {inside, true};
    }

    Piece word() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !core::is_ascii_space(text_[at_]) && text_[at_] != '(' &&
               text_[at_] != ';') {
            ++at_;
        }
        return {text_.substr(begin, at_ - begin), false};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

enum class Clause : std::uint8_t { None, From, By, Via, With, Id, For };

Clause clause_of(std::string_view word) {
    struct Name {
        std::string_view word;
        Clause clause;
    };
    static constexpr std::array kNames{Name{"from", Clause::From},
                                       Name{"by", Clause::By},
                                       Name{"via", Clause::Via},
                                       Name{"with", Clause::With},
                                       Name{"id", Clause::Id},
                                       Name{"for", Clause::For}};
    const auto* found = std::ranges::find_if(
        kNames, [word](const Name& name) { return core::equals_ignoring_case(word, name.word); });
    return found == kNames.end() ? Clause::None : found->clause;
}

std::string to_upper(std::string_view text) {
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return upper;
}

/// Takes the first value of a clause; later ones are free text.
void take(Clause clause, std::string_view value, ReceivedHop& hop) {
    switch (clause) {
        case Clause::By:
            if (hop.by.empty()) {
                hop.by = value;
            }
            break;
        case Clause::With:
            if (hop.with.empty()) {
                hop.with = to_upper(value);
            }
            break;
        case Clause::Id:
            if (hop.id.empty()) {
                hop.id = value;
            }
            break;
        case Clause::From:
        case Clause::Via:
        case Clause::For:
        case Clause::None:
            break;
    }
}

/// True when the protocol says that the client logged in (RFC 3848 and similar).
bool is_login(std::string_view protocol) {
    static constexpr std::array<std::string_view, 6> kProtocols{
        "ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "LMTPA", "LMTPSA"};
    return std::ranges::find(kProtocols, protocol) != kProtocols.end();
}

/// The address in "[192.0.2.1]"; nullopt without brackets.
std::optional<mail::IpAddress> bracketed_address(std::string_view text) {
    return text.starts_with('[') && text.ends_with(']')
               ? address_in(text.substr(1, text.size() - 2))
               : std::nullopt;
}

/// An address in the "from" clause is the client's.
void set_client(Clause clause, const std::optional<mail::IpAddress>& address, ReceivedHop& hop) {
    if (clause == Clause::From && address.has_value()) {
        hop.from = address;
    }
}

/// Takes a comment of the "from" clause. The last one tells who logged in: the client's own claims
/// come before it.
void take_comment(Clause clause, std::string_view comment, ReceivedHop& hop) {
    constexpr std::string_view kUser = "Authenticated sender: ";
    if (clause != Clause::From) {
        return;
    }
    set_client(clause, address_of_comment(comment), hop);
    hop.user = comment.starts_with(kUser) ? comment.substr(kUser.size()) : std::string_view();
}

bool is_in_any(const mail::IpAddress& address, std::span<const mail::Network> networks) {
    return std::ranges::any_of(
        networks, [&](const mail::Network& network) { return network.contains(address); });
}

/// True when a person wrote the message in a browser.
bool is_web_mail(std::string_view protocol) {
    return protocol == "HTTP" || protocol == "HTTPS";
}

bool is_named(std::span<const std::string> names, std::string_view name) {
    return std::ranges::any_of(
        names, [name](std::string_view own) { return core::equals_ignoring_case(own, name); });
}

/// The first `most` Received fields, the newest first.
std::vector<ReceivedHop> hops_in(const mail::HeaderList& headers, std::size_t most) {
    std::vector<ReceivedHop> hops;
    for (const mail::HeaderField& field : headers.fields()) {
        if (hops.size() == most) {
            break;
        }
        if (core::equals_ignoring_case(field.name, "Received")) {
            hops.push_back(parse_received(field.value()));
        }
    }
    return hops;
}

/// The client of the hop, if it is another host than the hop's own.
std::optional<mail::IpAddress> client_of(const ReceivedHop& hop) {
    const bool is_other = hop.from.has_value() && hop.from->scope() != mail::AddressScope::Loopback;
    return is_other ? hop.from : std::nullopt;
}

}  // namespace

ReceivedHop parse_received(std::string_view value) {
    ReceivedHop hop;
    Pieces pieces(value.substr(0, kMostOctets));
    Clause clause = Clause::None;
    std::optional<mail::IpAddress> claimed;
    bool wants_value = false;
    while (const auto piece = pieces.next()) {
        if (piece->is_comment) {
            take_comment(clause, piece->text, hop);
            continue;
        }
        if (wants_value) {
            wants_value = false;
            take(clause, piece->text, hop);
            if (clause == Clause::From) {
                claimed = bracketed_address(piece->text);
            }
            continue;
        }
        // fetchmail writes the address after the name, without a comment.
        set_client(clause, bracketed_address(piece->text), hop);
        if (const Clause next = clause_of(piece->text); next != Clause::None) {
            clause = next;
            wants_value = true;
        }
    }
    if (!hop.from.has_value()) {
        hop.from = claimed;
    }
    return hop;
}

Entry entry_of(const mail::HeaderList& headers,
               std::span<const std::string> own_names,
               std::span<const mail::Network> networks) {
    Entry entry;
    bool queued = false;      // this MTA had it in its queue
    bool is_by_ours = false;  // one of our hosts wrote the next fields
    for (const ReceivedHop& hop : hops_in(headers, kMostFields)) {
        const bool by_us = is_named(own_names, hop.by);
        const bool login = is_login(hop.with);
        const std::optional<mail::IpAddress> client = client_of(hop);
        const bool has_logged_in = login && (by_us || is_by_ours);
        const bool passed_us = entry.by_us || by_us;
        queued = queued || (by_us && !hop.id.empty());
        if (has_logged_in || (client.has_value() && !is_in_any(*client, networks))) {
            const bool is_own = has_logged_in || is_web_mail(hop.with);
            return {.from = is_own ? Entry::From::Own : Entry::From::Outside,
                    .by_us = passed_us,
                    .login = login,
                    .before_queue = by_us && !queued,
                    .address = hop.from,
                    .user = has_logged_in ? hop.user : std::string()};
        }
        if (client.has_value()) {
            // One of our hosts: the next field tells where that host got the message.
            is_by_ours = true;
            entry = {.from = Entry::From::Own, .by_us = passed_us, .address = hop.from};
        }
    }
    return entry;
}

std::vector<std::string> trace_ids(const mail::HeaderList& headers, std::size_t most) {
    std::vector<std::string> ids;
    for (ReceivedHop& hop : hops_in(headers, most)) {
        if (!hop.id.empty()) {
            ids.push_back(std::move(hop.id));
        }
    }
    return ids;
}

}  // namespace holdback::outbound
