// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case asks the MTA's own tables about addresses.

#include "core/clock.hpp"
#include "mail/address.hpp"
#include "mail/mta_names.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdback::ports {

/// Whether the MTA has a route of its own for an address.
struct OwnRoute {
    mail::Membership membership = mail::Membership::Unknown;
    std::string list;  ///< for `Yes`: the list that has it, "virtual_mailbox_domains"
    /// The MTA serves its domain; a mere route for the domain is not enough.
    bool is_served = false;
};

/// The lists and tables of the MTA's configuration. Safe from several threads.
class MtaTables {
public:
    MtaTables() = default;
    MtaTables(const MtaTables&) = delete;
    MtaTables& operator=(const MtaTables&) = delete;
    MtaTables(MtaTables&&) = delete;
    MtaTables& operator=(MtaTables&&) = delete;
    virtual ~MtaTables() = default;

    /// One answer per address, in their order. The answer is `Unknown` when it was not found by
    /// `deadline`, and for all addresses when no MTA's configuration was read.
    [[nodiscard]] virtual std::vector<OwnRoute> ask(std::span<const mail::Address> addresses,
                                                    core::SteadyPoint deadline) = 0;
};

}  // namespace holdback::ports
