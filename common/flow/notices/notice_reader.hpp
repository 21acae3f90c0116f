// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whom a notice about held mail goes to.

#include "config/settings.hpp"
#include "flow/own_senders.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::flow::notices {

/// Chooses by `[notice] to`. Safe from several threads.
class NoticeReader {
public:
    /// Both outlive the object.
    NoticeReader(const ports::Spool& spool, const OwnSenders& own_senders)
        : spool_(spool), own_senders_(own_senders) {}

    /// An address. Where the setting names one that there is not, it is the envelope sender: mail
    /// without a login has no user, a user name may make no address with the name of `host` behind
    /// it, and From counts only when it is one mailbox of an own domain, for anybody can write it.
    [[nodiscard]] std::string of(const terms::HeldMessage& message,
                                 const config::Settings& settings,
                                 std::string_view host) const;

private:
    [[nodiscard]] std::optional<std::string> from_of(const terms::HeldMessage& message,
                                                     const config::Settings& settings) const;

    const ports::Spool& spool_;
    const OwnSenders& own_senders_;
};

}  // namespace holdback::flow::notices
