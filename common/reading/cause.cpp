// SPDX-License-Identifier: Apache-2.0
#include "reading/cause.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

// In the order of the enumerations.
constexpr auto kWhom = std::to_array<std::string_view>(
    {"nobody", "mailbox", "domain", "sender", "host", "message", "system", "relay"});
constexpr auto kWhomWords = std::to_array<std::string_view>({"nobody in particular",
                                                             "the recipient's mailbox",
                                                             "the recipient's domain",
                                                             "the sender",
                                                             "the sending host",
                                                             "the message",
                                                             "the receiving system",
                                                             "a relay of ours"});
constexpr auto kWhat = std::to_array<std::string_view>({"unknown",     "invalid",
                                                        "malformed",   "unavailable",
                                                        "moved",       "disabled",
                                                        "inactive",    "full",
                                                        "restricted",  "suppressed",
                                                        "listed",      "bad-link",
                                                        "spam",        "virus",
                                                        "refused",     "policy",
                                                        "limited",     "quota",
                                                        "suspended",   "not-permitted",
                                                        "login",       "unauthenticated",
                                                        "no-rdns",     "too-big",
                                                        "unreachable", "tls",
                                                        "busy",        "fault",
                                                        "timed-out",   "too-old",
                                                        "protocol",    "not-relayed",
                                                        "no-mail",     "loop",
                                                        "challenge",   "greylisted",
                                                        "try-later",   "info"});

static_assert(kWhom.size() == static_cast<std::size_t>(Whom::Relay) + 1);
static_assert(kWhomWords.size() == kWhom.size());
static_assert(kWhat.size() == static_cast<std::size_t>(What::Info) + 1);

template <typename Enum>
std::optional<Enum> position_of(std::string_view name, std::span<const std::string_view> names) {
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - names.begin()));
}

}  // namespace

std::string_view wire_name(Whom whom) {
    return kWhom.at(static_cast<std::size_t>(whom));
}

std::string_view wire_name(What what) {
    return kWhat.at(static_cast<std::size_t>(what));
}

std::optional<Whom> parse_whom(std::string_view name) {
    return position_of<Whom>(name, kWhom);
}

std::optional<What> parse_what(std::string_view name) {
    return position_of<What>(name, kWhat);
}

std::string wire_name(const Cause& cause) {
    return fmt::format("{}-{}", wire_name(cause.whom), wire_name(cause.what));
}

std::string_view words_for(Whom whom) {
    return kWhomWords.at(static_cast<std::size_t>(whom));
}

}  // namespace holdback::reading
