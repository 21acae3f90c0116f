// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kinds of options and arguments of the control tool, on CLI11. A value that does not parse is a
// usage error, thrown as CLI::ParseError.

#include "config/value_text.hpp"
#include "core/text.hpp"
#include "terms/failure_code.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace holdback::milter::ctl {

/// The words of a command, octet by octet as they were given. Where any number of words is allowed,
/// CLI11 splits words in brackets as lists. So it is told to expect more words than there can be.
class Words {
public:
    Words(CLI::App& app, const std::string& name, const std::string& description);

    /// Call it after the command line was parsed.
    [[nodiscard]] const std::vector<std::string>& values() const { return option_->results(); }
    /// The same; no words at all are a usage error.
    [[nodiscard]] const std::vector<std::string>& at_least_one() const;

private:
    CLI::Option* option_;
};

/// An option whose value `parse` reads; `expects` ends the sentence "must be …".
template <typename T>
struct OptionForm {
    std::string_view name;
    std::optional<T> (*parse)(std::string_view);
    std::string_view expects;
};

/// `form` and `value` outlive the parsing.
template <typename T>
void add_parsed(CLI::App& app,
                const OptionForm<T>& form,
                std::optional<T>& value,
                const std::string& description) {
    const auto take = [&value, &form](const std::string& text) {
        value = form.parse(text);
        if (!value.has_value()) {
            throw CLI::ValidationError(
                std::string(form.name),
                fmt::format("must be {}, not {}", form.expects, core::in_quotes(text)));
        }
    };
    app.add_option_function<std::string>(std::string(form.name), take, description);
}

void add_text(CLI::App& app,
              const std::string& name,
              std::optional<std::string>& value,
              const std::string& description);
/// The form of an option that takes a duration: a whole number with its unit.
constexpr OptionForm<std::chrono::milliseconds> duration_form(std::string_view name) {
    return {name, config::parse_duration, "a number with its unit such as 12h or 30d"};
}
/// `--code`
void add_code(CLI::App& app, std::optional<terms::FailureCode>& code);

}  // namespace holdback::milter::ctl
