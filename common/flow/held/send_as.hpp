// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends a held copy to another address than the one it was held for: "release 5 as bo@gmail.com".

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/mta_tables.hpp"
#include "ports/resolver.hpp"
#include "ports/suppression_store.hpp"

#include <string>
#include <string_view>

namespace holdback::flow::held {

/// The use case. One object serves all; safe from several threads.
class SendAs {
public:
    /// What the flow uses; all outlive it.
    struct Parts {
        ports::HeldStore& held;
        ports::Resolver& resolver;
        ports::SuppressionStore& suppressions;
        ports::Log& log;
        core::Clock& clock;
        ports::MtaTables* mta = nullptr;
    };

    explicit SendAs(const Parts& parts) : parts_(parts) {}

    /// Gives a held item a new address, to which `ReleaseFlow::release` then sends it. The copy
    /// stays as it is, "To" included. The policy must let the address pass by syntax, domain and
    /// suppressions. A domain without a DNS answer is no obstacle; an unreachable suppression list
    /// is. Writes a decision line; `by` says who asked. An item that has the address already is
    /// left alone. The error says why not, as a clause for people.
    [[nodiscard]] core::Result<void, std::string> readdress(const ports::HeldItem& item,
                                                            std::string_view address,
                                                            std::string_view by,
                                                            const config::Settings& settings);

private:
    Parts parts_;
};

}  // namespace holdback::flow::held
