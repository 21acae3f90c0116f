// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the sources of `[outgoing] sender_logins` from their text.

#include "config/sender_logins.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::config {

/// A file in our own form.
struct UserSendersFile {
    std::string path;

    bool operator==(const UserSendersFile&) const = default;
};
/// Postfix's own smtpd_sender_login_maps.
struct PostfixLoginMaps {
    std::string directory;  ///< of main.cf; empty: the one of `[outgoing] mta_domains`

    bool operator==(const PostfixLoginMaps&) const = default;
};
using LoginSourceName = std::variant<UserSendersFile, PostfixLoginMaps>;

/// "file:/etc/holdback/senders", "postfix", "postfix:/etc/postfix".
[[nodiscard]] std::optional<LoginSourceName> parse_login_source(std::string_view text);

/// What is wrong with a line.
struct LineMistake {
    int line = 0;
    std::string message;

    bool operator==(const LineMistake&) const = default;
};

/// Reads our own form: "USER SENDER[, SENDER...]" in a line; a word that begins with `#` begins a
/// comment. A user is a name or a pattern with `*` or `?`; a sender is an address, "@example.org",
/// or such a pattern. In double quotes, all characters stand for themselves. The error has the
/// first 20 mistakes.
[[nodiscard]] core::Result<UserSenders, std::vector<LineMistake>> parse_user_senders(
    std::string_view text);

/// Reads the text behind an indexed table (postmap(1)): a key and a value in a line. The first line
/// of a key counts.
[[nodiscard]] KeyTable parse_key_table(std::string_view text);

}  // namespace holdback::config
