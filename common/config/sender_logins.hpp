// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which SASL user may use which envelope sender, as the sources of `[outgoing] sender_logins` say.

#include "config/pattern_table.hpp"
#include "core/text_hash.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/mta_names.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace holdback::config {

/// What is known about one user and one sender.
enum class SenderRight : std::uint8_t {
    Free,  ///< no source speaks of this user (our own form) or of this sender (Postfix's tables)
    Permitted,
    Forbidden,
    Unknown,  ///< a table that may decide can't be read
};

/// The longest sender that is compared with patterns, in octets. Longer ones fit none of them.
inline constexpr std::size_t kMostSenderOctets = 512;

/// One sender of our own form.
struct SenderPattern {
    enum class Kind : std::uint8_t {
        Address,  ///< `Address::key()`
        Domain,   ///< a canonical domain, without those below it
        Glob,     ///< as `terms::pattern_fits` reads it, in lower case
    };

    Kind kind;
    std::string text;

    [[nodiscard]] bool covers(const mail::EnvelopeSender& sender, std::string_view key) const;
    bool operator==(const SenderPattern&) const = default;
};

/// Our own form: the senders of each user. A user whom no line names is free.
class UserSenders {
public:
    /// `user` in lower case: a name, or a glob if it has `*` or `?`. Lines for one user add up.
    void add(std::string_view user, const std::vector<SenderPattern>& senders);

    /// `user` in lower case.
    [[nodiscard]] SenderRight right_of(std::string_view user,
                                       const mail::EnvelopeSender& sender) const;

private:
    struct GlobLine {
        std::string user;
        std::vector<SenderPattern> senders;
    };

    std::unordered_map<std::string, std::vector<SenderPattern>, core::TextHash, std::equal_to<>>
        named_;
    std::vector<GlobLine> globs_;
};

/// A text table of Postfix: a sender, "@domain" or a local part, and the users who own it.
using KeyTable = std::unordered_map<std::string, std::string, core::TextHash, std::equal_to<>>;

/// A table that can't be read.
struct UnreadTable {};

using OwnerTable = std::variant<KeyTable, std::vector<PatternRule>, UnreadTable>;

/// Postfix's smtpd_sender_login_maps: the users who own a sender. A sender whom nobody owns is
/// free, as with reject_known_sender_login_mismatch.
struct SenderOwners {
    std::vector<OwnerTable> tables;
    std::string delimiters;             ///< recipient_delimiter: each character begins an extension
    mail::MtaNames names;               ///< of the instance: its origin and mydestination
    std::vector<std::string> troubles;  ///< what can't be read, as texts for people

    /// Looks the sender up as smtpd(8) does: the address, the address without its extension, the
    /// local part of a domain of the MTA's own, "@domain"; each in all tables. `user` in lower
    /// case.
    [[nodiscard]] SenderRight right_of(std::string_view user,
                                       const mail::EnvelopeSender& sender) const;
};

/// One source, in the words of the settings: "file:/etc/holdback/senders".
struct LoginSource {
    std::string name;
    std::variant<UserSenders, SenderOwners> content;
};

/// All sources. A source that permits a sender overrules one that forbids it, and so does one that
/// can't be read.
class SenderLogins {
public:
    void add(std::shared_ptr<const LoginSource> source) { sources_.push_back(std::move(source)); }

    [[nodiscard]] const std::vector<std::shared_ptr<const LoginSource>>& sources() const {
        return sources_;
    }
    /// `user` in any letter case. Without a user, and for the null sender, always `Free`.
    [[nodiscard]] SenderRight right_of(std::string_view user,
                                       const mail::EnvelopeSender& sender) const;

private:
    std::vector<std::shared_ptr<const LoginSource>> sources_;
};

}  // namespace holdback::config
