// SPDX-License-Identifier: Apache-2.0
#include "milter/load.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/address_list_file.hpp"
#include "io/codes_file.hpp"
#include "io/mta_reader.hpp"
#include "io/rules_file.hpp"
#include "io/settings_file.hpp"
#include "io/toml_access.hpp"
#include "mail/mta_names.hpp"

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace holdback::milter {

core::Result<std::shared_ptr<const flow::Snapshot>, io::FileErrors> load_snapshot(
    config::Settings settings, const MtaReading& read_mta) {
    auto codes = io::load_codes(settings.codes.file, settings.codes.local_file);
    if (!codes.has_value()) {
        return std::unexpected(std::move(codes.error()));
    }
    auto rules = io::load_rules(settings.codes.rules, settings.codes.local_rules, *codes);
    if (!rules.has_value()) {
        return std::unexpected(std::move(rules.error()));
    }
    auto lists = io::load_address_lists(settings.policy);
    if (!lists.has_value()) {
        return std::unexpected(std::move(lists.error()));
    }
    if (read_mta) {
        settings.mta = read_mta(settings.outgoing);
    }
    return std::make_shared<const flow::Snapshot>(flow::Snapshot{.settings = std::move(settings),
                                                                 .codes = *std::move(codes),
                                                                 .rules = *std::move(rules),
                                                                 .lists = *std::move(lists)});
}

core::Result<std::shared_ptr<const flow::Snapshot>, io::FileErrors> load_snapshot(
    const std::string& settings_path, const MtaReading& read_mta) {
    auto settings = io::load_settings(settings_path);
    if (!settings.has_value()) {
        return std::unexpected(std::move(settings.error()));
    }
    return load_snapshot(*std::move(settings), read_mta);
}

mail::MtaNames read_mta_now(const config::OutgoingSettings& settings) {
    constexpr std::chrono::seconds kPatience{5};
    return io::read_mta_names(settings.mta_domains, core::SystemClock().steady_now() + kPatience);
}

}  // namespace holdback::milter
