// SPDX-License-Identifier: Apache-2.0
#pragma once
// The host name in our own mail: that of the MTA, as soon as the MTA has told it.

#include "core/guarded.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// The MTA's name ({j}: Postfix's `myhostname`, Sendmail's `$j`), which appears in From, Message-ID
/// and Reporting-MTA of our own mail and in EHLO. Until the MTA has told it, the name of the host
/// is used; a bare host name becomes "NAME.localdomain", as Postfix makes it ($mydomain). Several
/// instances of an MTA may have several names: the last one told is used, and all are known. Safe
/// from several threads.
class OwnName {
public:
    /// What `learn` did with a name.
    enum class Learned : std::uint8_t {
        Known,  ///< nothing is new
        Taken,  ///< the name is new and is used from now on
        Unfit,  ///< not taken: it is no fully qualified domain name, so nobody could reply to it
    };

    /// `host` is the host's own name for itself.
    explicit OwnName(const std::string& host);

    /// The MTA tells its name. The same unfit name gives `Unfit` once and `Known` from then on.
    Learned learn(std::string_view name);

    /// The name in use.
    [[nodiscard]] std::string current() const;
    /// True until the MTA has told its name, if the host name is a bare one.
    [[nodiscard]] bool is_makeshift() const;
    /// All names; the one in use comes last.
    [[nodiscard]] std::vector<std::string> all() const;

private:
    struct Names {
        std::vector<std::string> fit;
        std::string makeshift;  ///< used while none is fit
        std::string unfit;      ///< the last one
    };

    core::Guarded<Names> names_;
};

/// True for a domain name of at least two labels.
[[nodiscard]] bool is_fully_qualified(std::string_view name);

}  // namespace holdback::flow
