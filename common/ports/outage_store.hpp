// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case remembers outages of providers.

#include "core/result.hpp"
#include "dsn/outage.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <vector>

namespace holdback::ports {

/// The outages that were seen. Safe from several threads.
class OutageStore {
public:
    OutageStore() = default;
    OutageStore(const OutageStore&) = delete;
    OutageStore& operator=(const OutageStore&) = delete;
    OutageStore(OutageStore&&) = delete;
    OutageStore& operator=(OutageStore&&) = delete;
    virtual ~OutageStore() = default;

    /// Writes an outage. It replaces the one of the same provider that began at the same time.
    [[nodiscard]] virtual core::Result<void, StoreError> put(const dsn::Outage& outage) = 0;

    /// The newest outages, newest first, at most a thousand.
    [[nodiscard]] virtual core::Result<std::vector<dsn::Outage>, StoreError> list() const = 0;
};

}  // namespace holdback::ports
