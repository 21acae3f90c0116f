// SPDX-License-Identifier: Apache-2.0
#include "io/settings/user_senders_file.hpp"

#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/text_file.hpp"
#include "io/settings/toml_access.hpp"

#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace holdback::io::settings {

core::Result<config::SenderLogins, FileErrors> load_user_senders(
    const config::OutgoingSettings& settings) {
    config::SenderLogins logins;
    FileErrors errors;
    for (const std::string& name : settings.sender_logins) {
        const auto source = config::parse_login_source(name);
        const auto* file =
            source.has_value() ? std::get_if<config::UserSendersFile>(&*source) : nullptr;
        if (file == nullptr) {
            continue;
        }
        const auto text = read_text_file(file->path);
        if (!text.has_value()) {
            errors.push_back(text.error());
            continue;
        }
        auto senders = config::parse_user_senders(*text);
        if (senders.has_value()) {
            logins.add(std::make_shared<const config::LoginSource>(
                config::LoginSource{.name = name, .content = *std::move(senders)}));
            continue;
        }
        for (config::LineMistake& mistake : senders.error()) {
            errors.push_back({{file->path, mistake.line}, std::move(mistake.message)});
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return logins;
}

}  // namespace holdback::io::settings
