// SPDX-License-Identifier: Apache-2.0
#include "dsn/text_about.hpp"

#include "core/text.hpp"
#include "dsn/report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

/// The strings as a tree of octets. Node 0 is the root and also means "none".
class Automaton {
public:
    Automaton() : nodes_(1) {}

    /// Adds a string and returns the node where it ends; 0 for the empty string.
    std::uint32_t add(std::string_view string) {
        std::uint32_t node = 0;
        for (const char raw : string) {
            const char octet = core::ascii_lower(raw);
            std::uint32_t next = child_of(node, octet);
            if (next == 0) {
                next = append_child(node, octet);
            }
            node = next;
        }
        nodes_[node].ends_string = node != 0;
        return node;
    }

    /// Finds for each node its longest proper suffix that begins a string. Shallower nodes come
    /// first.
    void link() {
        std::vector<std::uint32_t> in_order{0};
        in_order.reserve(nodes_.size());
        for (std::size_t at = 0; at < in_order.size(); ++at) {
            const std::uint32_t parent = in_order[at];
            for (std::uint32_t node = nodes_[parent].child; node != 0;
                 node = nodes_[node].sibling) {
                const std::uint32_t suffix =
                    parent == 0 ? 0 : next_of(nodes_[parent].suffix, nodes_[node].octet);
                nodes_[node].suffix = suffix;
                nodes_[node].ended = nodes_[suffix].ends_string ? suffix : nodes_[suffix].ended;
                in_order.push_back(node);
            }
        }
    }

    void search(std::string_view text) {
        std::uint32_t node = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            node = next_of(node, core::ascii_lower(text[at]));
            std::uint32_t ended = nodes_[node].ends_string ? node : nodes_[node].ended;
            // If a string was seen before, so were all strings that end it.
            while (ended != 0 && nodes_[ended].first_end == kUnseen) {
                nodes_[ended].first_end = static_cast<std::uint32_t>(at + 1);
                ended = nodes_[ended].ended;
            }
        }
    }

    /// The first place of the string that ends at the node.
    [[nodiscard]] std::size_t place_of(std::uint32_t node, std::size_t size) const {
        return node == 0 || nodes_[node].first_end == kUnseen ? kNowhere
                                                              : nodes_[node].first_end - size;
    }

private:
    static constexpr std::uint32_t kUnseen = 0;

    struct Node {
        std::uint32_t child = 0;            ///< the first one
        std::uint32_t sibling = 0;          ///< the next child of the same parent
        std::uint32_t suffix = 0;           ///< the longest node that this one ends with
        std::uint32_t ended = 0;            ///< the longest such node where a string ends
        std::uint32_t first_end = kUnseen;  ///< behind its first place in the text
        char octet = '\0';
        bool ends_string = false;
    };

    [[nodiscard]] std::uint32_t child_of(std::uint32_t node, char octet) const {
        if (node == 0) {
            return at_root_.at(static_cast<unsigned char>(octet));
        }
        std::uint32_t child = nodes_[node].child;
        while (child != 0 && nodes_[child].octet != octet) {
            child = nodes_[child].sibling;
        }
        return child;
    }

    std::uint32_t append_child(std::uint32_t node, char octet) {
        const auto fresh = static_cast<std::uint32_t>(nodes_.size());
        nodes_.push_back({.sibling = nodes_[node].child, .octet = octet});
        nodes_[node].child = fresh;
        if (node == 0) {
            at_root_.at(static_cast<unsigned char>(octet)) = fresh;
        }
        return fresh;
    }

    [[nodiscard]] std::uint32_t next_of(std::uint32_t node, char octet) const {
        std::uint32_t next = child_of(node, octet);
        while (next == 0 && node != 0) {
            node = nodes_[node].suffix;
            next = child_of(node, octet);
        }
        return next;
    }

    std::vector<Node> nodes_;
    std::array<std::uint32_t, 256> at_root_{};
};

/// The text from the line that begins with "<address>:", as Postfix and qmail write it. The lines
/// above are the same for everybody. The whole text when there is no such line.
std::string_view from_own_line(std::string_view text, std::string_view address) {
    const std::string opening = "\n<" + std::string(address) + ">:";
    const auto found = std::ranges::search(text, opening, {}, core::ascii_lower, core::ascii_lower);
    return address.empty() || found.empty()
               ? text
               : text.substr(static_cast<std::size_t>(found.begin() - text.begin()) + 1);
}

/// The places where the text first names each recipient, by either address.
std::vector<std::size_t> mentions_of(const Report& report) {
    std::vector<std::string_view> addresses;
    addresses.reserve(2 * report.recipients.size());
    for (const RecipientReport& recipient : report.recipients) {
        addresses.emplace_back(recipient.final_recipient);
        addresses.emplace_back(recipient.original_recipient);
    }
    const std::vector<std::size_t> places = first_places(report.human_text, addresses);
    std::vector<std::size_t> mentions;
    mentions.reserve(report.recipients.size());
    for (std::size_t i = 0; i < report.recipients.size(); ++i) {
        mentions.push_back(std::min(places[2 * i], places[(2 * i) + 1]));
    }
    return mentions;
}

}  // namespace

std::vector<std::size_t> first_places(std::string_view text,
                                      const std::vector<std::string_view>& strings) {
    Automaton automaton;
    std::vector<std::uint32_t> nodes;
    nodes.reserve(strings.size());
    for (const std::string_view string : strings) {
        nodes.push_back(automaton.add(string));
    }
    automaton.link();
    automaton.search(text);
    std::vector<std::size_t> places;
    places.reserve(strings.size());
    for (std::size_t i = 0; i < strings.size(); ++i) {
        places.push_back(automaton.place_of(nodes[i], strings[i].size()));
    }
    return places;
}

TextAbout::TextAbout(const Report& report) {
    const std::string_view text = report.human_text;
    if (report.recipients.size() <= 1) {
        for (const RecipientReport& sole : report.recipients) {
            texts_.push_back(from_own_line(text, sole.final_recipient));
        }
        return;
    }
    texts_.resize(report.recipients.size());
    std::map<std::size_t, std::vector<std::size_t>> named;  // recipients by first mention
    const std::vector<std::size_t> mentions = mentions_of(report);
    for (std::size_t i = 0; i < mentions.size(); ++i) {
        if (mentions[i] != kNowhere) {
            named[mentions[i]].push_back(i);
        }
    }
    for (auto here = named.begin(); here != named.end(); ++here) {
        const auto next = std::next(here);
        const std::size_t end = next == named.end() ? text.size() : next->first;
        for (const std::size_t recipient : here->second | std::views::take(kMostAtOnePlace)) {
            texts_[recipient] = text.substr(here->first, end - here->first);
        }
    }
}

}  // namespace holdback::dsn
