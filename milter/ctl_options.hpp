// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kinds of options and arguments of the control tool, on CLI11. What does not parse is a usage
// error, thrown as CLI::ParseError.

#include "core/text.hpp"
#include "mail/failure_code.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace holdback::milter {

/// The words of a command, octet by octet as they came. CLI11 would take words in brackets apart as
/// lists where any number is allowed, so it is told to expect more than there can be.
class Words {
public:
    Words(CLI::App& app, const std::string& name, const std::string& description);

    /// Once the command line is parsed.
    [[nodiscard]] const std::vector<std::string>& values() const { return option_->results(); }
    /// The same; none at all is a usage error.
    [[nodiscard]] const std::vector<std::string>& at_least_one() const;

private:
    CLI::Option* option_;
};

/// An option whose text `parse` takes; `expects` ends the sentence "must be …". `value` outlives
/// the parsing.
template <typename T>
void add_parsed(CLI::App& app,
                const std::string& name,
                std::optional<T>& value,
                const std::function<std::optional<T>(std::string_view)>& parse,
                const std::string& expects,
                const std::string& description) {
    const auto take = [&value, parse, name, expects](const std::string& text) {
        value = parse(text);
        if (!value.has_value()) {
            throw CLI::ValidationError(
                name, fmt::format("must be {}, not {}", expects, core::log_safe(text)));
        }
    };
    app.add_option_function<std::string>(name, take, description);
}

void add_text(CLI::App& app,
              const std::string& name,
              std::optional<std::string>& value,
              const std::string& description);
/// A whole number with its unit.
void add_duration(CLI::App& app,
                  const std::string& name,
                  std::optional<std::chrono::milliseconds>& value,
                  const std::string& description);
/// `--code`
void add_code(CLI::App& app, std::optional<mail::FailureCode>& code);

}  // namespace holdback::milter
