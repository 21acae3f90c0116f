// SPDX-License-Identifier: Apache-2.0
#include "config/policy.hpp"

#include "terms/finding.hpp"

namespace holdback::config {

namespace {

PolicyTable defaults_of(PolicyAction terms::FindingRow::* stream) {
    PolicyTable table;
    for (const terms::FindingName name : terms::kAllFindings) {
        table.set(name, terms::row_of(name).*stream);
    }
    return table;
}

}  // namespace

PolicyTable PolicyTable::bulk_defaults() {
    return defaults_of(&terms::FindingRow::bulk);
}

PolicyTable PolicyTable::direct_defaults() {
    return defaults_of(&terms::FindingRow::direct);
}

}  // namespace holdback::config
