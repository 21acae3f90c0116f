// SPDX-License-Identifier: Apache-2.0
#pragma once
// The addressee of a notice about held mail.

#include "config/settings.hpp"
#include "flow/own_senders.hpp"
#include "ports/spool.hpp"
#include "terms/held.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdback::flow::notices {

/// Chooses the addressee by `[notice] to`. Safe from several threads.
class NoticeReader {
public:
    /// Both outlive the object.
    NoticeReader(const ports::Spool& spool, const OwnSenders& own_senders)
        : spool_(spool), own_senders_(own_senders) {}

    /// The address. It is the envelope sender if the one that the setting names does not exist.
    /// Mail without a login has no user. A user name may form no address with `host`. From counts
    /// only as a single mailbox of one of our domains, since anybody can write it.
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
