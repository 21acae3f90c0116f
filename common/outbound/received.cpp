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

/// The trace fields that are looked at, and the octets of each.
constexpr std::size_t kMostFields = 30;
constexpr std::size_t kMostOctets = 2000;

constexpr std::string_view kIpv6Tag = "IPv6:";

std::optional<mail::IpAddress> address_in(std::string_view text) {
    if (core::starts_with_ignoring_case(text, kIpv6Tag)) {
        text.remove_prefix(kIpv6Tag.size());
    }
    return mail::IpAddress::parse(text);
}

/// The address in a comment behind the client's name: in brackets, or alone. What follows "=" is
/// the client's own word ("helo=[10.0.0.1]"), and so is not looked at. The last one counts: idents
/// and names stand before it.
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

/// Gives the pieces of a field one after the other; ends at the ";" before the date.
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

/// A first value of a clause; later ones are somebody's free text.
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

/// RFC 3848 and its like: the protocol says that the client has logged in.
bool is_login(std::string_view protocol) {
    static constexpr std::array<std::string_view, 6> kProtocols{
        "ESMTPA", "ESMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "LMTPA", "LMTPSA"};
    return std::ranges::find(kProtocols, protocol) != kProtocols.end();
}

/// The address in "[192.0.2.1]"; nullopt for what has no brackets.
std::optional<mail::IpAddress> bracketed_address(std::string_view text) {
    return text.starts_with('[') && text.ends_with(']')
               ? address_in(text.substr(1, text.size() - 2))
               : std::nullopt;
}

/// Behind "from", an address is the client's.
void set_client(Clause clause, const std::optional<mail::IpAddress>& address, ReceivedHop& hop) {
    if (clause == Clause::From && address.has_value()) {
        hop.from = address;
    }
}

/// A person wrote the message in a browser.
bool is_web_mail(std::string_view protocol) {
    return protocol == "HTTP" || protocol == "HTTPS";
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
            set_client(clause, address_of_comment(piece->text), hop);
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
        // fetchmail writes the address behind the name, without a comment.
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
    std::size_t seen = 0;
    for (const mail::HeaderField& field : headers.fields()) {
        if (!core::equals_ignoring_case(field.name, "Received")) {
            continue;
        }
        if (++seen > kMostFields) {
            break;
        }
        const ReceivedHop hop = parse_received(field.value());
        Entry entry{
            .from = Entry::From::Outside,
            .by_us = std::ranges::any_of(
                own_names,
                [&](std::string_view name) { return core::equals_ignoring_case(name, hop.by); }),
            .login = is_login(hop.with),
            .address = hop.from};
        const bool logged_in_here = entry.by_us && entry.login;
        const bool names_a_client =
            hop.from.has_value() && hop.from->scope() != mail::AddressScope::Loopback;
        if (!names_a_client && !logged_in_here) {
            continue;
        }
        const bool is_our_client =
            names_a_client && std::ranges::any_of(networks, [&](const mail::Network& network) {
                return network.contains(*hop.from);
            });
        if (is_our_client || logged_in_here || is_web_mail(hop.with)) {
            entry.from = Entry::From::Own;
        }
        return entry;
    }
    return {};
}

std::vector<std::string> trace_ids(const mail::HeaderList& headers, std::size_t most) {
    std::vector<std::string> ids;
    std::size_t seen = 0;
    for (const mail::HeaderField& field : headers.fields()) {
        if (!core::equals_ignoring_case(field.name, "Received")) {
            continue;
        }
        if (++seen > most) {
            break;
        }
        if (std::string id = parse_received(field.value()).id; !id.empty()) {
            ids.push_back(std::move(id));
        }
    }
    return ids;
}

}  // namespace holdback::outbound
