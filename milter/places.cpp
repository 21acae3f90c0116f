// SPDX-License-Identifier: Apache-2.0
#include "milter/places.hpp"

#include "config/settings.hpp"

#include <string>

#include <fmt/format.h>

namespace holdback::milter {

std::string places_text(const std::string& settings_path) {
    const config::Settings defaults;
    return fmt::format(
        "settings {0}\ndrop-ins {0}.d\nrules {1}\nlocal rules {2}\nmilter socket {3}\n"
        "control socket {4}\nstore {5}\nspool {6}\nseal key {7}\n",
        settings_path,
        defaults.codes.rules,
        defaults.codes.local_rules,
        defaults.milter.socket,
        defaults.control.socket,
        defaults.store.path,
        defaults.hold.spool,
        defaults.seal.key);
}

}  // namespace holdback::milter
