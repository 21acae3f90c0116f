// SPDX-License-Identifier: Apache-2.0
#pragma once
// The name by which our own mail speaks: that of the MTA, as soon as the MTA has said it.

#include "core/guarded.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// The MTA's name ({j}: Postfix's `myhostname`, Sendmail's `$j`), which stands in From, Message-ID
/// and Reporting-MTA of our own mail and in EHLO. Until the MTA has said it, the name of the host;
/// where that is a bare one, "NAME.localdomain", which Postfix makes of it too ($mydomain).
/// Several instances of an MTA may have several names: the last one speaks, all are known. Safe
/// from several threads.
class OwnName {
public:
    /// What `learn` did with a name.
    enum class Learned : std::uint8_t {
        Known,  ///< nothing is new
        Taken,  ///< the name is new, and speaks from now on
        Unfit,  ///< no fully qualified domain name, and not taken: nobody could answer to it
    };

    /// `host` is what this host calls itself.
    explicit OwnName(const std::string& host);

    /// The MTA says its name. A name that is unfit is called so once, and `Known` from then on.
    Learned learn(std::string_view name);

    /// The name that speaks.
    [[nodiscard]] std::string current() const;
    /// True until the MTA has said its name, where the host has only a bare one.
    [[nodiscard]] bool is_makeshift() const;
    /// All names, the one that speaks last.
    [[nodiscard]] std::vector<std::string> all() const;

private:
    struct Names {
        std::vector<std::string> fit;
        std::string makeshift;  ///< while none is fit
        std::string unfit;      ///< the last one
    };

    core::Guarded<Names> names_;
};

/// True for a domain name of at least two labels.
[[nodiscard]] bool is_fully_qualified(std::string_view name);

}  // namespace holdback::flow
